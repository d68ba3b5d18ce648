"""One spelling for all that learners type: other scripts' digits, superscripts, LaTeX, signs that look alike."""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ", "0123456789+-()nx")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣ]+")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_SIGNS = {
    **dict.fromkeys("−–—‒‐‑﹣－", "-"),
    **dict.fromkeys("×✕✖⨯·⋅∙•＊∗", "*"),
    **dict.fromkeys("÷∕⁄／", "/"),
    **dict.fromkeys("º˚", "°"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’ʼ`´", "'"),
    **dict.fromkeys("≤⩽≦", "<="),
    **dict.fromkeys("≥⩾≧", ">="),
    "π": " pi ",
    "∞": " oo ",
    "√": " sqrt ",
    "∛": " cbrt ",
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "：": ":",
    "＝": "=",
    "≈": "=",
    "≃": "=",
    "≅": "=",
    "\u200b": "",
    "\ufeff": "",
    "\u2061": "",
    "\u2062": "*",
}
_SIGN_TABLE = str.maketrans(_SIGNS)

_LATEX_WORDS = {
    "cdot": "*", "times": "*", "div": "/", "pm": "±", "leq": "<=", "le": "<=", "leqslant": "<=", "geq": ">=",
    "ge": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "infty": " oo ", "pi": " pi ", "circ": "°", "degree": "°",
    "emptyset": "∅", "varnothing": "∅", "in": "∈", "cup": "∪", "left": "", "right": "", "quad": " ", "qquad": " ",
    "displaystyle": "", "lvert": "|", "rvert": "|", "vert": "|", "approx": "=", "lbrace": "{", "rbrace": "}",
    "land": " and ", "lor": " or ", "varphi": "phi", "vartheta": "theta", "varepsilon": "epsilon", "prime": "'",
    "sim": "", "lbrack": "[", "rbrack": "]", "colon": ":",
    "neq": "≠", "ne": "≠", "to": "=", "rightarrow": "=", "langle": "(", "rangle": ")",
}  # fmt: skip
_TEXT_MACRO = re.compile(r"\\(?:text|textrm|mathrm|mathbf|mathit|mathbb|operatorname|mbox|textbf|boxed)\s*\{([^{}]*)\}")
_MAX_MACROS = 60


def plain(text: str) -> str:
    """The text in the signs that the parser knows; raises nothing, and leaves what it does not know."""
    text = _SUPERSCRIPT_RUN.sub(lambda run: f"^({run[0].translate(_SUPERSCRIPTS)})", text)
    text = _SUBSCRIPT_RUN.sub(lambda run: f"_{run[0].translate(_SUBSCRIPTS)}", text)
    text = _vulgar_fractions(text).translate(_SIGN_TABLE)
    text = unicodedata.normalize("NFKC", text).translate(_SIGN_TABLE)
    text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = _without_fences(text.strip().replace("->", "="))
    if "\\" in text:
        text = _from_latex(text)
    text = text.replace("=<", "<=").replace("**", "^").replace("+/-", "±").replace("+-", "±")
    text = re.sub(r"\^\s*\(?°\)?|\^\{°\}", "°", text)
    return re.sub(r"\s+", " ", text).strip()


def _vulgar_fractions(text: str) -> str:
    """`3½` is a mixed number, `½x` a product."""

    def spelled(found: re.Match[str]) -> str:
        whole, sign = found[1], found[2]
        top, _, bottom = unicodedata.normalize("NFKC", sign).partition("⁄")
        return f"{whole} {top}/{bottom}" if whole else f"({top}/{bottom})"

    return re.sub(r"(\d*)\s*([¼½¾⅐-⅞])", spelled, text)


def _without_fences(text: str) -> str:
    """Dollar signs or brackets around a whole formula; one dollar sign alone is money."""
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**")):
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            return text[len(opening) : -len(closing)].strip()
    return text


def _from_latex(text: str) -> str:
    text = _TEXT_MACRO.sub(r" \1 ", text)
    text = re.sub(r"\\([{}%$&#_])", r"\1", text)
    text = re.sub(r"\\[,;:! ]|~|\\\\", " ", text)
    for _ in range(_MAX_MACROS):
        found = re.search(r"\\[dtc]?frac|\\sqrt", text)
        if found is None:
            break
        text = _macro(text, found)
    return re.sub(r"\\([a-zA-Z]+)(?=(\s*\w)?)", _word, text)


def _word(found: re.Match[str]) -> str:
    """A macro's name, kept apart from a letter or digit after it."""
    meaning = _LATEX_WORDS.get(found[1])
    if meaning is not None:
        return meaning
    return f" {found[1]} " if found[2] and found[2] != "_" else f" {found[1]}"


def _macro(text: str, found: re.Match[str]) -> str:
    rest = text[found.end() :]
    if found[0] == "\\sqrt":
        index = re.match(r"\s*\[([^\[\]]*)\]", rest)
        if index is not None:
            radicand, rest = _argument(rest[index.end() :])
            return f"{text[: found.start()]}(({radicand})^(1/({index[1]}))){rest}"
        radicand, rest = _argument(rest)
        return f"{text[: found.start()]} sqrt({radicand}){rest}"
    top, rest = _argument(rest)
    bottom, rest = _argument(rest)
    before = text[: found.start()]
    if re.search(r"\d\s*$", before) and top.isdigit() and bottom.isdigit():
        return f"{before} {top}/{bottom}{rest}"
    return f"{before}(({top})/({bottom})){rest}"


def _argument(text: str) -> tuple[str, str]:
    """What a macro takes: a group in braces, or one sign."""
    text = text.lstrip()
    if not text.startswith("{"):
        name = re.match(r"\\[a-zA-Z]+", text)
        end = name.end() if name else 1
        return text[:end], text[end:]
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[1:place], text[place + 1 :]
    return text[1:], ""
