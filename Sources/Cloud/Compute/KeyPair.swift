/// A public SSH key that the cloud keeps for one user (since Synnefo 0.19).
package struct KeyPair: Hashable, Sendable {
  package var name: String
  /// Compare this, not the fingerprint, which is only computed for old key types.
  package var publicKey: String
  package var fingerprint: String?

  package init(name: String, publicKey: String, fingerprint: String? = nil) {
    self.name = name
    self.publicKey = publicKey
    self.fingerprint = fingerprint
  }
}
