import Templating
import Testing

@Suite struct VaultTextTests {
  /// Written by ansible-vault with the password `pw` and the salt `fixedsalt`.
  static let recorded = """
    $ANSIBLE_VAULT;1.2;AES256;filter_default
    3636363937383635363437333631366337340a663834326431636565313661633763376136626332
    37316336313435306538623764366632646136396663383237653433633935386161323239663837
    3661370a3463633365323539363039363237626631356436396634323333636336643061

    """

  @Test("text is encrypted byte for byte as ansible-vault does")
  func encryption() throws {
    let text = try VaultText.encrypt(
      Array("é☃".utf8), password: Array("pw".utf8), salt: Array("fixedsalt".utf8),
      label: "filter_default")
    #expect(text == VaultTextTests.recorded)
  }

  @Test("what ansible-vault wrote is decrypted")
  func decryption() throws {
    let plain = try VaultText.decrypt(VaultTextTests.recorded, password: Array("pw".utf8))
    #expect(String(decoding: plain, as: UTF8.self) == "é☃")
  }

  @Test("without a label the header has version 1.1")
  func plainHeader() throws {
    let text = try VaultText.encrypt([], password: [1], salt: [2], label: nil)
    #expect(text.hasPrefix("$ANSIBLE_VAULT;1.1;AES256\n"))
    #expect(try VaultText.decrypt(text, password: [1]).isEmpty)
  }

  @Test(
    "a wrong password, another format and damage are refused, never decrypted to rubbish",
    arguments: [
      recorded, "", "$ANSIBLE_VAULT;", "$ANSIBLE_VAULT;1.0;AES\n00", "$ANSIBLE_VAULT;1.1;AES256",
      "$ANSIBLE_VAULT;1.1;AES256\n3", "$ANSIBLE_VAULT;1.1;AES256\nzz",
      "$ANSIBLE_VAULT;1.1;AES256\n300a300a30", "$ANSIBLE_VAULT;1.1;AES256\n30300a30300a3030",
    ])
  func refusals(text: String) {
    #expect(throws: Failure.self) { try VaultText.decrypt(text, password: Array("no".utf8)) }
  }
}
