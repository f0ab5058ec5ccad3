import ModuleKit
import Values

// What kind of container or virtual machine the host is, or runs: the first sign decides.

extension SystemAnswers {
  var virtualization: ValueMap {
    var type: String?
    var role: String?
    var guests: [String] = []
    var hosts: [String] = []
    func guest(_ name: String) {
      if !guests.contains(name) { guests.append(name) }
      if type == nil { (type, role) = (name, "guest") }
    }
    func host(_ name: String) {
      if !hosts.contains(name) { hosts.append(name) }
      if type == nil { (type, role) = (name, "host") }
    }
    for line in fileLines("/proc/1/cgroup") {
      if line.contains("/docker/") || line.contains("/docker-") && line.hasSuffix(".scope") {
        guest("docker")
      }
      if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") { guest("lxc") }
      if line.contains("/system.slice/containerd.service") { guest("containerd") }
    }
    for text in strings("init-env") where text.hasPrefix("container=") && text.utf8.count > 10 {
      if text.contains("container=lxc") { guest("lxc") }
      if text.contains("container=podman") { guest("podman") }
      guest("container")
    }
    if exists("/proc/vz"), !exists("/proc/lve") {
      if exists("/proc/bc") { host("openvz") } else { guest("openvz") }
    }
    let container = file("/run/systemd/container")
    if let container { guest(container) }
    if exists("/.dockerenv") || exists("/.dockerinit") { guest("docker") }
    let kinds: Set<String> = ["docker", "lxc", "podman", "openvz", "containerd"]
    if container != nil || !kinds.isDisjoint(with: guests), !guests.contains("container") {
      guests.append("container")
    }
    if exists("/proc/xen") {
      if fileLines("/proc/xen/capabilities").contains(where: { $0.contains("control_d") }) {
        host("xen")
      } else if type == nil {
        (type, role) = ("xen", "guest")
      }
    }
    for name in firmwareGuests { guest(name) }
    for line in fileLines("/proc/cpuinfo") {
      if line.hasPrefix("model name"), line.contains("QEMU Virtual CPU") { guest("kvm") }
      if line.hasPrefix("vendor_id"), line.contains("User Mode Linux") { guest("uml") }
    }
    let modules = Set(fileLines("/proc/modules").compactMap { $0.split(separator: " ").first })
    if modules.contains("kvm") { host("kvm") }
    if modules.contains("vboxdrv") { host("virtualbox") }
    if modules.contains("virtio") {
      if !hosts.contains("kvm") { hosts.append("kvm") }
      if type == nil { (type, role) = ("kvm", "guest") }
    }
    if exists("/dev/kvm") { host("kvm") }
    return [
      "virtualization_type": .string(type ?? "NA"), "virtualization_role": .string(role ?? "NA"),
      "virtualization_tech_guest": .list(guests.map { .string($0) }),
      "virtualization_tech_host": .list(hosts.map { .string($0) }),
    ]
  }

  /// The machines that firmware tells of, in Ansible's order.
  private var firmwareGuests: [String] {
    let root = "/sys/devices/virtual/dmi/id/"
    let product = file(root + "product_name") ?? ""
    let vendor = file(root + "sys_vendor") ?? ""
    let family = file(root + "product_family") ?? ""
    let bios = file(root + "bios_vendor") ?? ""
    var found: [String] = []
    func add(_ name: String, _ isSo: Bool) { if isSo { found.append(name) } }
    add(
      "kvm", ["KVM", "KVM Server", "Bochs", "AHV", "CloudStack KVM Hypervisor"].contains(product))
    add("oVirt", vendor == "oVirt")
    add("RHV", vendor == "Red Hat" && family == "RHV")
    add("RHEV", vendor == "Red Hat" && family != "RHV" && product == "RHEV Hypervisor")
    add("VMware", product.hasPrefix("VMware"))
    add("openstack", product == "OpenStack Compute" || product == "OpenStack Nova")
    add("xen", bios == "Xen")
    add("virtualbox", bios == "innotek GmbH")
    add("kvm", ["Amazon EC2", "DigitalOcean", "Hetzner", "Linode"].contains(bios))
    add(
      "kvm",
      ["QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"].contains(vendor))
    add("KubeVirt", vendor == "KubeVirt")
    add("VirtualPC", vendor == "Microsoft Corporation")
    add("parallels", vendor == "Parallels Software International Inc.")
    add("openstack", vendor == "OpenStack Foundation")
    return found
  }
}
