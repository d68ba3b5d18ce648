"""The pages: HTML from the server, fragments for what changes, and the static files that draw a lesson."""
