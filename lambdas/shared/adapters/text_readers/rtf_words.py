"""Words of RTF (specification 1.9.1): groups that hold no text of the document, signs, and the code pages of fonts."""

from __future__ import annotations

UNREAD = frozenset(
    {
        "fonttbl", "colortbl", "stylesheet", "info", "pict", "objdata", "objclass", "objname", "fldinst", "themedata",
        "colorschememapping", "datastore", "latentstyles", "listtable", "listoverridetable", "rsidtbl", "generator",
        "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "filetbl", "revtbl",
        "sp", "shprslt", "listtext", "pntext", "pntxta", "pntxtb", "annotation", "atnid", "atnauthor", "xe", "tc",
        "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "bkmkstart", "bkmkend", "nonesttables", "nesttableprops", "mmathPr",
        "nonshppict", "template", "passwordhash", "wgrffmtfilter", "pgptbl", "xmlnstbl", "docvar", "ftncn", "comment",
    }
)  # fmt: skip
SIGNS = {
    "tab": "\t", "line": "\n", "nestcell": "\t", "nestrow": "\n", "emdash": "\u2014", "endash": "\u2013",
    "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019",
    "ldblquote": "\u201c", "rdblquote": "\u201d",
}  # fmt: skip
# A font of charset 0 or 1 is in the document's own code page.
CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "cp950", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    254: "cp437",
}  # fmt: skip
