import Transport
import Values

/// Runs a program of the controller to its end.
enum ChildOutput {
  struct Result: Sendable {
    var status: Int32
    var stdout: String
    var stderr: String
  }

  static func run(
    _ words: [String], in directory: String, deadline: Duration
  ) async -> Result {
    let command = words.map(quoted).joined(separator: " ")
    let connection: any Connection
    do {
      connection = try await Connector().connect(Endpoint(kind: .local), prelude: "")
      let reply = try await connection.run(
        ShellRequest(
          script: "cd -- \(quoted(directory)) && \(command) </dev/null", deadline: deadline))
      await connection.close()
      return Result(
        status: reply.status, stdout: String(decoding: reply.stdout, as: UTF8.self),
        stderr: String(decoding: reply.stderr, as: UTF8.self))
    } catch {
      return Result(status: -1, stdout: "", stderr: "\(error)")
    }
  }

  private static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
