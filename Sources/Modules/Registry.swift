import ModuleKit

/// All modules. Written by `make generate` from the files of this folder; a test finds it stale.
package enum Registry {
  package static let modules: [any Module.Type] = [
    BlockInFileModule.self,
    CommandModule.self,
    CopyModule.self,
    CronModule.self,
    FileModule.self,
    GroupModule.self,
    HostNameModule.self,
    LineInFileModule.self,
    PingModule.self,
    RawModule.self,
    ScriptModule.self,
    ShellModule.self,
    StatModule.self,
    TemplateModule.self,
    UserModule.self,
  ]
}
