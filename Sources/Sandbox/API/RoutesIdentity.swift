extension Route {
  static let identity: [Route] = [
    Route(
      "identity/v2.0/tokens", isOpen: true,
      (
        "POST", "token.check",
        { world, call throws(APIFault) in try world.postTokens(call.request) }
      )),
    Route(
      "account/v1.0/quotas",
      ("GET", "quota.list", { world, call in world.getQuotas(call.session) })),
    Route(
      "account/v1.0/resources", isOpen: true,
      ("GET", "resource.list", { world, _ in world.getResources() })),
    Route(
      "account/v1.0/projects",
      (
        "GET", "project.list",
        { world, call throws(APIFault) in try world.getProjects(call.request, call.session) }
      )),
    Route(
      "account/v1.0/projects/*",
      (
        "GET", "project.get",
        { world, call throws(APIFault) in try world.getProject(call.text(), call.session) }
      )),
    Route(
      "account/v1.0/user_catalogs",
      (
        "POST", "user.list",
        { world, call throws(APIFault) in try world.postUserCatalogs(call.request) }
      )),
    Route(
      "account/v1.0/myaccount/default_project", since: "0.21",
      (
        "POST", "user.set-project",
        { world, call throws(APIFault) in try world.postDefaultProject(call.request, call.session) }
      )),
  ]
}
