/// Who a token belongs to, and where the services are.
package struct CloudSession: Hashable, Sendable {
  package var token: Token
  /// Also the Pithos+ account and the user's own project.
  package var userID: String
  package var userName: String
  /// Pays for whatever names no project.
  package var defaultProject: String
  /// Active memberships; nil where the cloud does not say (before Synnefo 0.17).
  package var projects: [String]?
  /// With their versions and no slash at the end.
  package var endpoints: [ServiceKind: String]

  package init(
    token: Token, userID: String, userName: String = "", defaultProject: String,
    projects: [String]? = nil, endpoints: [ServiceKind: String]
  ) {
    self.token = token
    self.userID = userID
    self.userName = userName
    self.defaultProject = defaultProject
    self.projects = projects
    self.endpoints = endpoints
  }
}

package struct Project: Hashable, Sendable {
  package var id: String
  package var name: String
  /// `active` where it can be used.
  package var state: String
  package var isSystemProject: Bool
  package var endDate: String?
  package var resources: [String: Capacity]

  /// nil means without limit.
  package struct Capacity: Hashable, Sendable {
    package var member: Int?
    package var project: Int?

    package init(member: Int? = nil, project: Int? = nil) {
      self.member = member
      self.project = project
    }
  }

  package var isActive: Bool { state == "active" }

  package init(
    id: String, name: String, state: String, isSystemProject: Bool = false, endDate: String? = nil,
    resources: [String: Capacity] = [:]
  ) {
    self.id = id
    self.name = name
    self.state = state
    self.isSystemProject = isSystemProject
    self.endDate = endDate
    self.resources = resources
  }
}
