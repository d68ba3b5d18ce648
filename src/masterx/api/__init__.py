"""The JSON API: parse, authorise, call, render. No rule of the product lives here."""
