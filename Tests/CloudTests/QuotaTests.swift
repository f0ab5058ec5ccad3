import Cloud
import Testing

@Suite struct QuotaTests {
  @Test(
    arguments: [
      // The member's share, then the project's.
      (Quota(limit: 10, usage: 2), 8),
      (Quota(limit: 10, usage: 2, projectLimit: 50, projectUsage: 30), 8),
      (Quota(limit: 10, usage: 2, projectLimit: 32, projectUsage: 30), 2),
      (Quota(limit: 10, usage: 2, projectLimit: 20, projectUsage: 30), -10),
      (Quota(limit: 1, usage: 2), -1),
      (Quota(limit: .max, usage: 0), .max),
      (Quota(limit: .max, usage: 5, projectLimit: .max, projectUsage: 9), .max),
      (Quota(limit: .max, usage: 5, projectLimit: 10, projectUsage: 9), 1),
      (Quota(limit: 0, usage: .max, projectLimit: 0, projectUsage: .max), -.max),
      (Quota(limit: .min, usage: .max), .min),
      (Quota(limit: .max, usage: .min), .max),
      (Quota(limit: 5, usage: .min, projectLimit: .max - 1, projectUsage: .max), .max),
    ] as [(Quota, Int)])
  func whatIsLeftIsTheLesserOfBothAndNeverOverflows(quota: Quota, available: Int) {
    #expect(quota.available == available)
  }

  @Test func quotasAreReadPerProjectAndResource() async throws {
    let body = #"""
      {"P1": {
        "cyclades.vm": {"limit": 10, "usage": 2, "pending": 1, "project_limit": 50,
          "project_usage": 30, "project_pending": 0},
        "cyclades.ram": {"limit": 17179869184, "usage": 2147483648, "pending": 0,
          "project_limit": 9223372036854775807, "project_usage": 2147483648, "project_pending": 0}},
       "P2": {"pithos.diskspace": {"limit": 99999999999999999999, "usage": 0}}}
      """#
    let quotas = try await CloudClient(ScriptedTransport(200, body)).quotas()
    #expect(quotas.map(\.projectID) == ["P1", "P2"])
    let first = quotas[0].resources
    #expect(
      first[Resource.servers]
        == Quota(limit: 10, usage: 2, pending: 1, projectLimit: 50, projectUsage: 30))
    #expect(first[Resource.memory]?.available == 15_032_385_536)
    #expect(quotas[1].resources[Resource.objects]?.available == .max)
  }
}
