import ModuleKit
import Values

// Firmware, and how long the host is up.

extension SystemAnswers {
  var firmware: ValueMap {
    let keys = [
      "bios_date", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
      "board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor",
      "chassis_version", "product_name", "product_serial", "product_uuid", "product_version",
    ]
    let root = "/sys/devices/virtual/dmi/id/"
    var facts: ValueMap = [:]
    for key in keys { facts[.string(key)] = .string(file(root + key) ?? "NA") }
    facts["system_vendor"] = .string(file(root + "sys_vendor") ?? "NA")
    guard let type = file(root + "chassis_type") else {
      facts["form_factor"] = "NA"
      return facts
    }
    let forms = Self.chassis
    let number = Int(type) ?? -1
    facts["form_factor"] = .string(
      forms.indices.contains(number) ? forms[number] : "unknown (\(type))")
    return facts
  }

  /// The chassis types of the SMBIOS specification (DSP0134), by number.
  private static let chassis = [
    "Unknown", "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower",
    "Tower",
    "Portable", "Laptop", "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook",
    "Space-saving", "Lunch Box", "Main Server Chassis", "Expansion Chassis", "Sub Chassis",
    "Bus Expansion Chassis", "Peripheral Chassis", "RAID Chassis", "Rack Mount Chassis",
    "Sealed-case PC", "Multi-system", "CompactPCI", "AdvancedTCA", "Blade", "Blade Enclosure",
    "Tablet",
    "Convertible", "Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC",
  ]

  // MARK: - Disks
  // MARK: - Mounts
  var uptime: ValueMap {
    guard let text = file("/proc/uptime")?.split(separator: ".").first, let seconds = Int(text)
    else {
      return [:]
    }
    return ["uptime_seconds": .int(seconds)]
  }
}
