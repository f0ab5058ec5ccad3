import ModuleKit

/// All modules. Written by `make generate` from the files of this folder; a test finds it stale.
package enum Registry {
  package static let modules: [any Module.Type] = [
    AptKeyModule.self,
    AptModule.self,
    AptRepositoryModule.self,
    AsyncStatusModule.self,
    BlockInFileModule.self,
    CommandModule.self,
    CopyModule.self,
    CronModule.self,
    FileModule.self,
    GetURLModule.self,
    GitModule.self,
    GroupModule.self,
    HostNameModule.self,
    LineInFileModule.self,
    MountModule.self,
    PackageModule.self,
    PingModule.self,
    RawModule.self,
    ScriptModule.self,
    ServiceModule.self,
    SetupModule.self,
    ShellModule.self,
    StatModule.self,
    SystemdModule.self,
    TemplateModule.self,
    UserModule.self,
    WaitForModule.self,
  ]
}
