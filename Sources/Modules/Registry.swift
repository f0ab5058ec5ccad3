import ModuleKit

/// All modules. Written by `make generate` from the files of this folder; a test finds it stale.
package enum Registry {
  package static let modules: [any Module.Type] = [
    CommandModule.self,
    CopyModule.self,
    FileModule.self,
    RawModule.self,
    ScriptModule.self,
    ShellModule.self,
    TemplateModule.self,
  ]
}
