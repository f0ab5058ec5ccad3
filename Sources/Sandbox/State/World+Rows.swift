/// A row of the database: a table, a number, and JSON; nil where the row is gone.
struct StoredRow: Sendable {
  var table: String
  var id: Int
  var body: [UInt8]?
}

extension World {
  /// Takes back everything since the last commit.
  mutating func rollback() {
    for id in servers.changed { pictures.servers[id] = nil }
    let holdingsChanged = holdings.isChanged
    let jobsChanged = jobs.isChanged
    if leases.isChanged { firstFree = [:] }
    users.rollback()
    projects.rollback()
    holdings.rollback()
    flavors.rollback()
    images.rollback()
    keypairs.rollback()
    servers.rollback()
    networks.rollback()
    subnets.rollback()
    ports.rollback()
    floatingIPs.rollback()
    leases.rollback()
    volumeTypes.rollback()
    volumes.rollback()
    containers.rollback()
    objects.rollback()
    jobs.rollback()
    counters.rollback()
    trail = []
    if holdingsChanged { indexHoldings() }
    if jobsChanged { readAgenda() }
  }

  /// The rows that changed since the last commit, as they are now.
  func changes(_ encode: RowEncoder) -> [StoredRow] {
    var rows: [StoredRow] = []
    Self.collect(users, encode, &rows)
    Self.collect(projects, encode, &rows)
    Self.collect(holdings, encode, &rows)
    Self.collect(flavors, encode, &rows)
    Self.collect(images, encode, &rows)
    Self.collect(keypairs, encode, &rows)
    Self.collect(servers, encode, &rows)
    Self.collect(networks, encode, &rows)
    Self.collect(subnets, encode, &rows)
    Self.collect(ports, encode, &rows)
    Self.collect(floatingIPs, encode, &rows)
    Self.collect(leases, encode, &rows)
    Self.collect(volumeTypes, encode, &rows)
    Self.collect(volumes, encode, &rows)
    Self.collect(containers, encode, &rows)
    Self.collect(objects, encode, &rows)
    Self.collect(jobs, encode, &rows)
    Self.collect(counters, encode, &rows)
    return rows
  }

  private static func collect<Row>(
    _ table: Table<Row>, _ encode: RowEncoder, _ rows: inout [StoredRow]
  ) {
    for (id, row) in table.changes {
      rows.append(StoredRow(table: table.name, id: id, body: row.flatMap { encode($0) }))
    }
  }

  /// All changes are written down, and not taken back any more.
  mutating func commit() {
    users.commit()
    projects.commit()
    holdings.commit()
    flavors.commit()
    images.commit()
    keypairs.commit()
    servers.commit()
    networks.commit()
    subnets.commit()
    ports.commit()
    floatingIPs.commit()
    leases.commit()
    volumeTypes.commit()
    volumes.commit()
    containers.commit()
    objects.commit()
    jobs.commit()
    counters.commit()
    trail = []
  }

  /// Puts a row of the database in its place; false for one of another version of the program.
  mutating func load(_ row: StoredRow, _ decode: RowDecoder) -> Bool {
    guard let body = row.body else { return true }
    switch row.table {
    case users.name: return Self.place(body, row.id, decode, &users)
    case projects.name: return Self.place(body, row.id, decode, &projects)
    case holdings.name: return Self.place(body, row.id, decode, &holdings)
    case flavors.name: return Self.place(body, row.id, decode, &flavors)
    case images.name: return Self.place(body, row.id, decode, &images)
    case keypairs.name: return Self.place(body, row.id, decode, &keypairs)
    case servers.name: return Self.place(body, row.id, decode, &servers)
    case networks.name: return Self.place(body, row.id, decode, &networks)
    case subnets.name: return Self.place(body, row.id, decode, &subnets)
    case ports.name: return Self.place(body, row.id, decode, &ports)
    case floatingIPs.name: return Self.place(body, row.id, decode, &floatingIPs)
    case leases.name: return Self.place(body, row.id, decode, &leases)
    case volumeTypes.name: return Self.place(body, row.id, decode, &volumeTypes)
    case volumes.name: return Self.place(body, row.id, decode, &volumes)
    case containers.name: return Self.place(body, row.id, decode, &containers)
    case objects.name: return Self.place(body, row.id, decode, &objects)
    case jobs.name: return Self.place(body, row.id, decode, &jobs)
    case counters.name: return Self.place(body, row.id, decode, &counters)
    default: return false
    }
  }

  private static func place<Row>(
    _ body: [UInt8], _ id: Int, _ decode: RowDecoder, _ table: inout Table<Row>
  ) -> Bool {
    guard let row: Row = decode(body) else { return false }
    table.load(id, row)
    return true
  }
}
