import Configuration
import Diagnostics
import Inventories
import Templating
import Values

/// How inventories are read by the settings, with passwords of vaults, with templates and with
/// the machines of clouds.
enum InventoryReading {
  static func options(_ settings: Settings, _ vault: VaultKeys) -> InventoryOptions {
    var options = settings.inventoryOptions
    options.decrypt = { (text, file) throws(Diagnostic) in try vault.text(text, ofFile: file) }
    options.evaluate = { (expression, variables) throws(Diagnostic) in
      try evaluate(expression, variables, vault)
    }
    let machines: InventoryOptions.Plugin = {
      (file: SourceValue) async throws(Diagnostic) -> HostListing in
      try await OkeanosInventory.list(file)
    }
    options.plugins[OkeanosInventory.name] = machines
    return options
  }

  /// The value of an expression of `plugin: constructed`.
  private static func evaluate(
    _ expression: SourceValue, _ variables: [String: Variable], _ vault: VaultKeys
  ) throws(Diagnostic) -> Value {
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable(variables))
    evaluator.decrypt = { try vault.value($0, $1) }
    guard let text = expression.text else { return expression.plain }
    // An expression stands without braces, as in `when`.
    let compiled = try Expression.compile(
      text, at: expression.location, style: expression.style, environment: .ansible)
    do throws(EvaluationStop) {
      return try evaluator.evaluate(compiled)
    } catch {
      switch error {
      case .failed(let fault, _): throw fault
      case .impure(let call):
        throw Diagnostic(
          .error, "`\(call.name)` cannot be used in an inventory", at: expression.location,
          exitCode: 4)
      }
    }
  }
}
