#!/usr/bin/env python3
"""Writes PatternCases.swift: what CPython's re gives for each row below.

Run with CPython 3.11. Flags: i, m, s, a, x as in (?imsax); b means that pattern,
subject and replacement are bytes, written here as Latin-1 text.
"""
import json
import os
import re
import warnings

warnings.simplefilter("ignore")

rows = []


def add(op, pattern, subject, flags="", arg=""):
    rows.append((op, pattern, flags, subject, arg))


MATCHES = [
    ("abc", "xabcx"), ("^abc$", "abc\n"), (r"^abc\Z", "abc\n"), (r"abc\Z", "abc"), ("", "abc"), ("", ""),
    ("a{,2}", "aaa"), ("a{2,}", "aaaa"), ("a{1,2}?", "aaa"), ("a{2}", "aaa"), ("x{", "x{"), ("x{}", "x{}"),
    ("x{a}", "x{a}"), ("x{1,a}", "x{1,a}"), ("x{,}", "xx"), ("{{ foo }}", "a {{ foo }} b"), ("}", "}"),
    ("[[]", "["), ("[[:alpha:]]", "a]"), ("[[:alpha:]]", ":]"), ("[]a]+", "]a]b"), ("[^]a]", "]ab"),
    ("[a-]+", "a-b"), ("[-a]+", "-ab"), (r"[\w-]+", "foo-bar baz"), (r"[a\-z]+", "-az"), ("[a&&b]+", "a&b"),
    ("[a--b]", "-"), ("[a||b]+", "|a"), ("[a~~b]+", "~a"), (r"[\]\[]+", "[]"), (r"[\d.]+", "v1.2.3"), (r"[\b]", "\b"),
    (r"[\x41-\x43]+", "xABCD"), (r"[\101]", "A"), (r"[\u03b1-\u03c9]+", "xαβγ"), ("[α-ω]+", "ABγδ"),
    (r"\d+", "x١٢"), (r"\w+", "!Ελλάδα!"), (r"\s", "x\u00a0y"), (r"\s+", "a \t\r\n\f\vb"), (r"\D+", "12ab3"),
    (r"\S+", "  a☃b "), (r"\W+", "añ!?"), (r"\bfoo\b", "a foo b"), (r"\Boo\B", "foox"), (r"\bλ", "xλ λ"),
    (".", "\n"), (".", "\r"), (".", "\u2028"), (".", "☃"), (".+", "e\u0301x"), ("é", "e\u0301"), ("a.c", "a\nc"),
    ("a$", "a\n"), ("a$", "a\n\n"), ("^$", ""), ("^$", "\n"), (r"\A", "x"), ("a\r?$", "a\r\n"),
    (r"(a)(b)?", "ac"), (r"(?P<x>a+)(?P<y>b+)", "xaabb"), (r"(?P<q>['\"]).*?(?P=q)", "say 'hi' \"x\""),
    (r"(a)\1", "xaa"), (r"(a)|b\1", "b"), (r"(\w)(\w)\2\1", "xabba"), (r"((((((((((a))))))))))\10", "aa"), (r"\08", "\x008"),
    (r"\0", "\x00"), (r"\012", "\n"), (r"\101", "A"), (r"\377", "ÿ"), (r"\400", "x"), (r"(a)\1" + "1", "aa1"),
    (r"\x41\u0042\U00000043", "ABC"), (r"\a\f\n\r\t\v\\", "\a\f\n\r\t\v\\"), (r"\.\*\+\?\{\}\[\]\(\)\^\$\|", ".*+?{}[]()^$|"),
    (r"\_\-\@\ \%", "_-@ %"), (r"\é", "é"), (r"\e", "e"), (r"\p{L}", "p"), (r"\h", "h"), (r"\K", "K"), (r"\Q", "Q"), (r"\R", "R"),
    (r"\xg", "x"), (r"\u12", "x"), ("\\", "x"), ("a**", "a"), ("*a", "a"), ("a|*", "a"), ("(*ACCEPT)", "a"), ("a{2}{3}", "aaaaaa"),
    ("^*", "a"), (r"\b+", "a"), ("(a", "a"), ("a)", "a"), ("[a", "a"), ("[", "["), ("[]", "]"), ("[b-a]", "a"), (r"[\d-z]", "-"), (r"[a-\d]", "-"),
    ("(?P<1a>x)", "x"), ("(?P<a>x)(?P<a>y)", "xy"), ("(?P=zz)", "x"), (r"(a\1)", "a"), (r"\1", "a"), (r"(a)\2", "aa"), ("(?Px)", "x"),
    ("(?<n>a)", "a"), ("(?|a|b)", "a"), ("(?R)", "a"), ("(?1)(a)", "aa"), ("(?&n)", "a"), ("(?'n'a)", "a"), ("a{3,2}", "aaa"), ("(?", "a"), ("(?P", "a"),
    ("(?:a|b)+c", "xababc"), ("(?=b)b", "ab"), ("a(?!b)", "abac"), ("(?<=a)b", "ab"), ("(?<!a)b", "abcb"), (r"(?<=\d{2})x", "1x12x"),
    ("(?<=ab|cd)x", "cdx"), ("(?>a+)b", "aab"), ("(?>a+)ab", "aab"), ("a++a", "aaa"), ("a*+", "aaa"), ("a?+a", "a"), ("a{1,2}+a", "aa"),
    (r"(<)?x(?(1)>|y)", "<x>"), (r"(<)?x(?(1)>|y)", "xy"), (r"(?P<o><)?x(?(o)>)", "<x"), ("(?(1)a|b|c)(x)", "b"), ("(?(zz)a)", "a"),
    ("(?#comment)a", "a"), ("a(?#b)+", "aa"), ("(?#", "a"), ("(?i)ABC", "xabc"), ("(?i)ÄÖ", "äö"), ("a(?i)b", "aB"), ("(?im)^b", "a\nB"), ("(?s).+", "a\nb"),
    ("(?u)\\w+", "é"), (r"(?a)\w+", "aé"), (r"(?a)\d+", "١2"), (r"(?a:\w+)é", "aé"), (r"(?a:[\W]+)", "aé!"), (r"(?a:\W\D\S)", "aééé"),
    ("(?i:a)b", "AbAB"), ("(?i:a)b", "AB"), ("(?-i:a)", "A"), ("(?s-m:a.b)", "a\nb"), ("(?m:^b)", "a\nb"), ("(?x) a b # c\n c", "abc"), ("(?x)a\\ b[ ]c", "a b c"),
    ("(?x: a b )c d", "abc d"), ("(?x)(?-x:a b)", "a b"), ("(?z)a", "a"), ("(?i", "a"), ("()", ""), ("()*", "a"), ("(a*)*", "aaab"), ("(a|ab)(c|bcd)(d*)", "abcd"),
    ("(?:)", "a"), ("|a", "a"), ("a|", "b"), ("(?:a{0,2}){2}", "aaaaa"), ("(a)|(b)", "b"), ("((a)|b)*", "ab"), (r"^(\s*)(\w+)\s*=\s*(.*?)\s*$", "  key = some value  "),
    (r"^#?\s*PermitRootLogin\s+.*$", "#PermitRootLogin prohibit-password"), (r"(\d{1,3}\.){3}\d{1,3}", "addr 10.0.12.255/8"), ("ΜΆΪΟΣ", "μάϊος"),
    (r"^(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?$", "12.4"), (r"[^\W\d_]+", "12_abc_é"), (r"[\s\S]", "\n"), ("𝒳.", "x𝒳😀"), ("[😀-😂]", "😁"), ("a{0}b", "ab"),
    ("a{65536}", "a"), ("[\\", "a"), ("x*", ""), ("(?P<naïve>x)", "x"), ("(?P<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>x)(?P=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)", "xx"),
]
for pattern, subject in MATCHES:
    add("search", pattern, subject)
for pattern, subject, flags in [
    ("ABC", "xabc", "i"), ("^b$", "a\nb\nc", "m"), ("^", "a\n", "m"), ("a.c", "a\nc", "s"), (r"\w+", "éa", "a"), ("a b # x\n", "ab", "x"),
    ("straße", "STRASSE", "i"), ("ſ", "S", "i"), ("k", "\u212a", "i"), ("σ", "ς", "i"), ("[a-z]+", "ABC", "i"), (r"(a)\1", "aA", "i"), ("#a", "#a", "x"), (r"\#a[#] b", "#a#b", "x"),
    ("a.c", "a\xffc", "b"), (r"\w+", "\xe9ab", "b"), (r"\xff", "\xff", "b"), ("\xc3\xa9", "x\xc3\xa9", "b"), ("[\xc3\xa9]", "\xa9", "b"), (r"\u0041", "A", "b"), (r"^(\S+)\s*=", "k\xfe = v", "b"),
    ("É", "é", "ib"), ("A", "a", "ib"), (r"\s", "\xa0", "b"), (".+", "\xff\xfe\nx", "b"),
]:
    add("search", pattern, subject, flags)
for pattern, subject, flags in [
    ("b", "ab", ""), ("a", "ab", ""), ("^b", "a\nb", "m"), ("a|ab", "ab", ""), ("", "", ""), (".*", "a\nb", ""), ("(?i)a", "AB", ""), (r"(\w+) (\w+)", "ab cd ef", ""),
]:
    add("match", pattern, subject, flags)
for pattern, subject, flags in [
    ("a|ab", "ab", ""), ("a", "ab", ""), ("a$", "a\n", ""), ("a*?", "aaa", ""), ("(a|ab)(c|bcd)", "abcd", ""), ("", "", ""), ("a.b", "a\nb", "s"), (r"\d+", "12x", ""),
]:
    add("fullmatch", pattern, subject, flags)
FINDS = [
    ("a", "banana"), ("(a)(n)?", "banana"), ("(n)", "banana"), ("", "ab"), ("a*", "baac"), ("a*?", "aa"), (r"\b", "a b"), (r"\d+|(?=x)", "12x3"), ("(?m)^", "a\nb\n"),
    ("(?m)$", "a\nb\n"), ("$", "a\n"), (r"(?m)^(\w+)=(.*)$", "a=1\nb=2\n"), (r"(a)|(b)", "ab"), ("é", "éé"), ("", "é☃"), ("x*", "é☃"), (r"(?<=a)b", "abab"), ("aa", "aaaa"), ("(?i)a+", "AaBa"), ("x", "abc"),
    (r"\w+", "ab cd, ef"), (r"([\w.]+)@(\w+)", "a.b@c d@e"), (r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", "1.2.3.4 x 10.0.0.1"), ("(|a)", "aa"), (r"(?s).", "a\n"), ("\r?\n", "a\r\nb\n"),
]
for pattern, subject in FINDS:
    add("findall", pattern, subject)
    add("finditer", pattern, subject)
for pattern, subject, limit in [
    (",", "a,b,c", 0), (",", "a,b,c", 1), ("(,)", "a,b,c", 0), ("(,)|(;)", "a,b;c", 0), ("", "abc", 0), ("x*", "axbc", 0), (r"\s+", " a  b ", 0), (",", "", 0), ("", "", 0), (r"\b", "a b", 0), ("é", "aébéc", 2),
    (",", "a,b,c", -1), (r"[,;]\s*", "a, b;c", 0),
]:
    add("split", pattern, subject, "", str(limit))
for pattern, subject, flags, template in [
    ("a", "banana", "", "o"), ("(a)(n)", "banana", "", r"\2\1"), ("(?P<x>a)", "banana", "", r"<\g<x>>"), ("(a)", "banana", "", r"\g<1>0"), ("a", "banana", "", r"\g<0>\g<0>"), ("x*", "abc", "", "-"), ("", "abc", "", "-"),
    ("(a)|(b)", "ab", "", r"[\1\2]"), ("a", "a", "", r"\n\t\\"), ("a", "a", "", r"\d"), ("a", "a", "", r"\."), ("a", "a", "", r"\/\-"), ("a", "a", "", "\\"), ("a", "a", "", r"\1"), ("a", "a", "", r"\g<x>"), ("a", "a", "", r"\g<"),
    ("a", "a", "", r"\g"), ("a", "a", "", r"\g<>"), ("a", "a", "", r"\g<-1>"), ("a", "a", "", r"\0"), ("a", "a", "", r"\07x"), ("a", "a", "", r"\101"), ("a", "a", "", r"\351"), ("a", "a", "", r"\400"), ("(a)", "a", "", r"\18"),
    ("a", "a", "", "$1 & \\& \\$"), ("(?i)A", "aA", "", "x"), ("^", "a\nb", "m", "# "), ("$", "a\n", "", "!"), ("^(.*)$", "a\nb", "m", r'"\1"'), ("^(.*)$", "abc", "", r"\1x"), ("(.*)", "abc", "", r"\1x"), ("é", "aéb", "", "☃"),
    (r"(\w+)\s(\w+)", "John Smith", "", r"\2, \1"), ("b*", "abcb", "", "x"), (r"\s+$", "a  \n", "", ""), ("a", "\xffa", "b", "\xfe"), ("(\xff)", "a\xff", "b", r"\1\1"), ("a", "a", "b", r"\351"), ("a", "a", "", r"\b\a\f\v\r"), ("a", "a", "", r"\x41"),
    ("[aeiou]", "education", "", lambda: ""), (r"^(\s*)#(Port)\b", "  #Port 22", "", r"\1\2"), (r"a(?=b)", "abac", "", "x"), (r"(?<=a)", "abac", "", "-"),
]:
    add("sub", pattern, subject, flags, template() if callable(template) else template)
for pattern, subject, flags, template in [("a", "banana", "", "o"), ("", "abc", "", "-"), ("x", "abc", "", "y")]:
    add("sub1", pattern, subject, flags, template)
for text in ["", "a.b*c", "a-b_c d", "[x]{y}(z)^$|?+\\", "é☃", "a\n\t#~&%!\"',/:;<=>@`", "\x00"]:
    add("escape", "", text)


def convert(text, flags):
    return text.encode("latin-1") if "b" in flags else text


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def span(match):
    return None if match is None else [match.start(), match.end(), list(match.groups())]


def run(op, pattern, flags, subject, arg):
    if op == "escape":
        return re.escape(subject)
    bits = 0
    for letter in flags:
        bits |= {"i": re.I, "m": re.M, "s": re.S, "a": re.A, "x": re.X, "b": 0}[letter]
    subject = convert(subject, flags)
    compiled = re.compile(convert(pattern, flags), bits)
    if op in ("search", "match", "fullmatch"):
        return span(getattr(compiled, op)(subject))
    if op == "findall":
        return compiled.findall(subject)
    if op == "finditer":
        return [[m.start(), m.end()] for m in compiled.finditer(subject)]
    if op == "split":
        return compiled.split(subject, int(arg)) if int(arg) >= 0 else compiled.split(subject, -1)
    return list(compiled.subn(convert(arg, flags), subject, 1 if op == "sub1" else 0))


def swift(text):
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif ord(c) < 0x20 or ord(c) >= 0x7F:
            out.append("\\u{%x}" % ord(c))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../PatternsTests/Cases/PatternCases.swift")
with open(target, "w", encoding="utf-8") as file:
    file.write("// Written by Tests/Recording/patterns.py from CPython's re; do not edit.\n\n// swift-format-ignore-file\n\n")
    file.write("struct PatternCase: Sendable {\n  var operation: String\n  var pattern: String\n  var flags: String\n"
               "  var subject: String\n  var argument: String\n  /// Compact ASCII JSON, or `error`.\n  var expected: String\n\n"
               "  init(_ operation: String, _ pattern: String, _ flags: String, _ subject: String, _ argument: String, _ expected: String) {\n"
               "    self.operation = operation\n    self.pattern = pattern\n    self.flags = flags\n    self.subject = subject\n"
               "    self.argument = argument\n    self.expected = expected\n  }\n\n  static let rows: [PatternCase] = [\n")
    for row in rows:
        try:
            expected = json.dumps(plain(run(*row)), separators=(",", ":"))
        except (re.error, IndexError, OverflowError) as failure:
            expected = "error"
        file.write("    PatternCase(" + ", ".join(map(swift, row)) + ", " + swift(expected) + "),\n")
    file.write("  ]\n}\n")
print(len(rows), "rows")
