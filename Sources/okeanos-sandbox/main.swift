import ArgumentParser

await SandboxCommand.main()
