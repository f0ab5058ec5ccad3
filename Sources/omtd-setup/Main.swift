import Dispatch
import OmtdSetupKit

@main struct Main {
  /// Not async: what makes it so opens files, and takes the numbers of closed standard streams.
  static func main() {
    OmtdSetup.prepare()
    Task { await OmtdSetup.start() }
    dispatchMain()
  }
}
