import ArgumentParser
import Sandbox

await SandboxCommand.main()
