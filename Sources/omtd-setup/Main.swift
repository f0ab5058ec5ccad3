import OmtdSetupKit

@main struct Main {
  static func main() async { await OmtdSetup.start() }
}
