/// The settings that a play, a block, a role, an import or a task may make, and that what stands
/// inside inherits. The raw value is the word in the file.
package enum Keyword: String, CaseIterable, Hashable, Sendable {
  case anyErrorsFatal = "any_errors_fatal"
  case become
  case becomeExe = "become_exe"
  case becomeFlags = "become_flags"
  case becomeMethod = "become_method"
  case becomeUser = "become_user"
  case checkMode = "check_mode"
  case collections
  case connection
  case debugger
  case delegateFacts = "delegate_facts"
  case delegateTo = "delegate_to"
  case diff
  case environment
  case ignoreErrors = "ignore_errors"
  case ignoreUnreachable = "ignore_unreachable"
  case moduleDefaults = "module_defaults"
  case noLog = "no_log"
  case port
  case remoteUser = "remote_user"
  case runOnce = "run_once"
  case throttle
  case timeout
}
