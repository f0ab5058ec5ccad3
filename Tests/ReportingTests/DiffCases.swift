/// What `diff -u` (GNU diffutils 3.8) printed below its two header lines.
enum DiffCases {
  struct Row: Sendable {
    var before: String
    var after: String
    var hunks: String

    init(_ before: String, _ after: String, _ hunks: String) {
      self.before = before
      self.after = after
      self.hunks = hunks
    }
  }

  static let rows: [Row] = [
    Row(
      "",
      "a\n",
      "@@ -0,0 +1 @@\n+a\n"),
    Row(
      "a\n",
      "",
      "@@ -1 +0,0 @@\n-a\n"),
    Row(
      "a\nb\nc\n",
      "a\nB\nc\n",
      "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
    Row(
      "a\n",
      "a",
      "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"),
    Row(
      "a",
      "a\n",
      "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
    Row(
      "a",
      "b",
      "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
    Row(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
      "1\n2\n3\n4\n5x\n6\n7\n8\n9\n10\n",
      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+5x\n 6\n 7\n 8\n"),
    Row(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n",
      "1\n2\n3x\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18x\n19\n20\n",
      "@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+3x\n 4\n 5\n 6\n@@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n+18x\n 19\n 20\n"
    ),
    Row(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n",
      "1\n2\n3\n4x\n5\n6\n7\n8\n9\n10\n11x\n12\n13\n14\n15\n",
      "@@ -1,14 +1,14 @@\n 1\n 2\n 3\n-4\n+4x\n 5\n 6\n 7\n 8\n 9\n 10\n-11\n+11x\n 12\n 13\n 14\n"),
    Row(
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n",
      "1\n2\n3\n4x\n5\n6\n7\n8\n9\n10\n11\n12x\n13\n14\n15\n",
      "@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+4x\n 5\n 6\n 7\n@@ -9,7 +9,7 @@\n 9\n 10\n 11\n-12\n+12x\n 13\n 14\n 15\n"
    ),
    Row(
      "a\nb\n",
      "a\nb\nc\nd\n",
      "@@ -1,2 +1,4 @@\n a\n b\n+c\n+d\n"),
    Row(
      "a\nb\nc\nd\n",
      "c\nd\n",
      "@@ -1,4 +1,2 @@\n-a\n-b\n c\n d\n"),
    Row(
      "a\nb\nc\n",
      "x\na\nb\nc\n",
      "@@ -1,3 +1,4 @@\n+x\n a\n b\n c\n"),
    Row(
      "a\nb\n",
      "x\ny\n",
      "@@ -1,2 +1,2 @@\n-a\n-b\n+x\n+y\n"),
    Row(
      "a\nb\nc\na\nb\nb\na\n",
      "c\nb\na\nb\na\nc\n",
      "@@ -1,7 +1,6 @@\n-a\n-b\n c\n-a\n b\n+a\n b\n a\n+c\n"),
    Row(
      "\n\n\n",
      "\n\n",
      "@@ -1,3 +1,2 @@\n \n \n-\n"),
    Row(
      "a\r\nb\r\n",
      "a\nb\n",
      "@@ -1,2 +1,2 @@\n-a\r\n-b\r\n+a\n+b\n"),
    Row(
      "a\n\nb\n\nc\n",
      "a\n\nx\n\nb\n\nc\n",
      "@@ -1,5 +1,7 @@\n a\n \n+x\n+\n b\n \n c\n"),
    Row(
      "{\n  a\n}\n{\n  b\n}\n",
      "{\n  a\n}\n{\n  n\n}\n{\n  b\n}\n",
      "@@ -2,5 +2,8 @@\n   a\n }\n {\n+  n\n+}\n+{\n   b\n }\n"),
    Row(
      "PermitRootLogin no\n#Port 22\nUsePAM yes\n",
      "PermitRootLogin yes\nPort 2222\nUsePAM yes\n",
      "@@ -1,3 +1,3 @@\n-PermitRootLogin no\n-#Port 22\n+PermitRootLogin yes\n+Port 2222\n UsePAM yes\n"
    ),
    Row(
      "\u{e9}\n",
      "e\u{301}\n",
      "@@ -1 +1 @@\n-\u{e9}\n+e\u{301}\n"),
    Row(
      "one\ntwo\nthree",
      "one\ntwo\nthree\nfour",
      "@@ -1,3 +1,4 @@\n one\n two\n-three\n\\ No newline at end of file\n+three\n+four\n\\ No newline at end of file\n"
    ),
    Row(
      "x\nx\nx\n",
      "x\nx\nx\nx\n",
      "@@ -1,3 +1,4 @@\n x\n x\n x\n+x\n"),
    Row(
      "c\nc\na\nd\nb\na\nb\na\nc\nd\n",
      "c\nx\nc\na\nd\nb\na\nb\na\nc\nd\nb\n",
      "@@ -1,4 +1,5 @@\n c\n+x\n c\n a\n d\n@@ -8,3 +9,4 @@\n a\n c\n d\n+b\n"),
    Row(
      "c\nb\nd\nb\na\nb\nd\n",
      "b\nc\nb\nd\nb\na\nb\nd\n",
      "@@ -1,3 +1,4 @@\n+b\n c\n b\n d\n"),
    Row(
      "c\nb\nb\nb\nb\n",
      "c\nc\nb\nd\nx\nb\nb\n",
      "@@ -1,5 +1,7 @@\n c\n+c\n b\n-b\n+d\n+x\n b\n b\n"),
    Row(
      "c\nc\n",
      "c\nc\nb\n",
      "@@ -1,2 +1,3 @@\n c\n c\n+b\n"),
    Row(
      "a\nd\nc\nd\na\nd\na\n",
      "a\nd\nd\nc\na\nd\na\n",
      "@@ -1,7 +1,7 @@\n a\n d\n-c\n d\n+c\n a\n d\n a\n"),
    Row(
      "c\nc\nd\na\nc\nc\n",
      "c\nd\na\nc\nc\n",
      "@@ -1,5 +1,4 @@\n c\n-c\n d\n a\n c\n"),
    Row(
      "c\nc\nb\nc\n",
      "b\nc\nc\nc\nb\na\n",
      "@@ -1,4 +1,6 @@\n+b\n c\n c\n-b\n c\n+b\n+a\n"),
    Row(
      "c\nd\nb\na\na\nd\na\nb\nc\nc\nd\nd\n",
      "c\nd\nb\na\na\nb\na\nb\nc\nc\na\nd\nd\n",
      "@@ -3,10 +3,11 @@\n b\n a\n a\n-d\n+b\n a\n b\n c\n c\n+a\n d\n d\n"),
    Row(
      "b\nd\na\n",
      "b\nc\na\n",
      "@@ -1,3 +1,3 @@\n b\n-d\n+c\n a\n"),
    Row(
      "d\nb\nd\n",
      "d\n",
      "@@ -1,3 +1 @@\n d\n-b\n-d\n"),
    Row(
      "b\na\nd\nc\nc\na\n",
      "b\na\nc\nd\nc\n",
      "@@ -1,6 +1,5 @@\n b\n a\n-d\n c\n+d\n c\n-a\n"),
    Row(
      "d\nc\nc\nc\nb\n",
      "d\nc\nc\nb\n",
      "@@ -1,5 +1,4 @@\n d\n c\n c\n-c\n b\n"),
    Row(
      "c\nd\nc\nc\nc\nc\n",
      "c\nd\nc\nc\nc\nd\nc\n",
      "@@ -3,4 +3,5 @@\n c\n c\n c\n+d\n c\n"),
    Row(
      "b\nb\nb\nc\nd\nc\n",
      "b\nb\nb\nc\nd\nd\n",
      "@@ -3,4 +3,4 @@\n b\n c\n d\n-c\n+d\n"),
    Row(
      "d\nc\nc\n",
      "d\nc\nc\nx\n",
      "@@ -1,3 +1,4 @@\n d\n c\n c\n+x\n"),
    Row(
      "b\nb\nb\na\nd\nb\nb\na\nb\na\nc\n",
      "b\nb\nb\na\nd\nb\nb\nc\na\na\nc\n",
      "@@ -5,7 +5,7 @@\n d\n b\n b\n+c\n a\n-b\n a\n c\n"),
    Row(
      "a\nb\nb\nc\na\nc\nd\n",
      "x\nx\nb\nc\na\nc\nd\n",
      "@@ -1,5 +1,5 @@\n-a\n-b\n+x\n+x\n b\n c\n a\n"),
    Row(
      "c\nc\nc\nb\nd\n",
      "c\nc\nc\nx\n",
      "@@ -1,5 +1,4 @@\n c\n c\n c\n-b\n-d\n+x\n"),
    Row(
      "a\nc\na\n",
      "a\nc\nc\n",
      "@@ -1,3 +1,3 @@\n a\n c\n-a\n+c\n"),
    Row(
      "d\nd\nb\nc\nc\nd\nc\nd\na\nc\nc\nd\n",
      "b\na\nd\nd\nb\nc\nc\nd\nd\na\nc\nc\nd\n",
      "@@ -1,10 +1,11 @@\n+b\n+a\n d\n d\n b\n c\n c\n d\n-c\n d\n a\n c\n"),
    Row(
      "a\nd\nc\nb\nd\na\nb\n",
      "a\na\nc\nc\nb\nd\na\nx\n",
      "@@ -1,7 +1,8 @@\n a\n-d\n+a\n+c\n c\n b\n d\n a\n-b\n+x\n"),
    Row(
      "c\nc\nc\n",
      "d\na\nc\nc\nd\n",
      "@@ -1,3 +1,5 @@\n+d\n+a\n c\n c\n-c\n+d\n"),
    Row(
      "a\nb\na\nd\nd\nd\nd\nd\nd\nb\nc\n",
      "a\nc\na\nd\nb\nd\nd\nd\nd\nb\n",
      "@@ -1,11 +1,10 @@\n a\n-b\n+c\n a\n d\n-d\n+b\n d\n d\n d\n d\n b\n-c\n"),
    Row(
      "d\nd\nc\n",
      "c\nd\nc\n",
      "@@ -1,3 +1,3 @@\n-d\n+c\n d\n c\n"),
    Row(
      "a\na\n",
      "x\na\n",
      "@@ -1,2 +1,2 @@\n-a\n+x\n a\n"),
    Row(
      "a\nb\nc\nd\nb\nb\nb\nd\nb\na\nb\n",
      "a\nb\nc\nd\nb\nb\nb\nd\nb\na\n",
      "@@ -8,4 +8,3 @@\n d\n b\n a\n-b\n"),
    Row(
      "a\nc\na\na\nd\nb\na\n",
      "a\nc\na\na\nb\nd\na\nb\na\n",
      "@@ -2,6 +2,8 @@\n c\n a\n a\n+b\n d\n+a\n b\n a\n"),
    Row(
      "c\nb\nc\na\nb\nc\nc\nb\nb\n",
      "a\nc\nc\nb\nc\na\nb\nc\nb\nb\n",
      "@@ -1,9 +1,10 @@\n+a\n+c\n c\n b\n c\n a\n b\n c\n-c\n b\n b\n"),
    Row(
      "d\nb\n",
      "d\nd\nc\n",
      "@@ -1,2 +1,3 @@\n d\n-b\n+d\n+c\n"),
    Row(
      "b\na\na\nd\nb\nb\nd\nc\nb\nc\nc\n",
      "b\na\na\nd\nb\nc\nc\nc\nb\nc\nc\n",
      "@@ -3,8 +3,8 @@\n a\n d\n b\n-b\n-d\n+c\n+c\n c\n b\n c\n"),
    Row(
      "a\nb\nb\nd\na\na\na\na\nb\n",
      "a\nb\nb\nd\na\na\nd\na\nb\n",
      "@@ -4,6 +4,6 @@\n d\n a\n a\n-a\n+d\n a\n b\n"),
    Row(
      "d\n",
      "a\nd\nc\n",
      "@@ -1 +1,3 @@\n+a\n d\n+c\n"),
    Row(
      "c\na\nc\n",
      "a\nc\n",
      "@@ -1,3 +1,2 @@\n-c\n a\n c\n"),
    Row(
      "c\nc\na\na\nd\nd\n",
      "c\nc\na\nb\na\nd\nc\nd\n",
      "@@ -1,6 +1,8 @@\n c\n c\n a\n+b\n a\n d\n+c\n d\n"),
    Row(
      "b\n",
      "\n",
      "@@ -1 +1 @@\n-b\n+\n"),
    Row(
      "d\nc\nc\nb\nd\nc\nc\na\nd\nb\n",
      "d\nc\nc\na\nb\nd\nc\na\nd\nb\n",
      "@@ -1,10 +1,10 @@\n d\n c\n c\n+a\n b\n d\n c\n-c\n a\n d\n b\n"),
    Row(
      "c\na\nd\na\nd\nd\nb\na\na\nc\na\na\n",
      "b\na\nd\na\nd\nd\nb\na\na\nc\na\na\n",
      "@@ -1,4 +1,4 @@\n-c\n+b\n a\n d\n a\n"),
    Row(
      "a\nd\nd\na\na\nc\nd\nd\nc\na\na\n",
      "a\nd\nd\na\na\na\nc\nd\nd\nd\nc\na\na\n",
      "@@ -3,9 +3,11 @@\n d\n a\n a\n+a\n c\n d\n d\n+d\n c\n a\n a\n"),
    Row(
      "a\na\nb\na\nb\na\n",
      "a\nb\nd\n",
      "@@ -1,6 +1,3 @@\n a\n-a\n-b\n-a\n b\n-a\n+d\n"),
    Row(
      "a\nb\nc\nd\n",
      "a\nb\nd\nd\n",
      "@@ -1,4 +1,4 @@\n a\n b\n-c\n+d\n d\n"),
  ]
}
