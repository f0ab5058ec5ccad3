# Base trees: what every machine starts from. Built once, named by their recipe, kept in $TREES.
#
# Of whoever includes this: TREES, say, die.

PACKAGES=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,procps,ca-certificates,cron
PACKAGES+=,busybox,bash,curl
PYTHON_PACKAGES=,python3,python3-apt
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg # Ubuntu has it only by its package

news() { # TEXT: for whoever waits
  [ -z "${OMTD_HOSTS_NEWS:-}" ] || printf '%s\n' "$*" >>"$OMTD_HOSTS_NEWS" || true
}

tree_named() { # base|python
  echo "$TREES/$1-$RECIPE"
}

missing_tools() { # their packages, a line each
  local tool
  for tool in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 \
    iptables:iptables ssh:openssh-client; do
    command -v "${tool%:*}" >/dev/null || echo "${tool#*:}"
  done
  [ -e "$KEYRING" ] || echo debian-archive-keyring
}

install_tools() {
  local packages=()
  mapfile -t packages < <(missing_tools)
  ((${#packages[@]})) || return 0
  command -v apt-get >/dev/null || die "needs ${packages[*]}, and only apt is known here"
  say "installing ${packages[*]}"
  { timeout 300 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 600 \
    apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >/dev/null ||
    die "could not install ${packages[*]}"
}

build_tree() { # base|python
  local tree packages=$PACKAGES sources started=$SECONDS private=()
  tree=$(tree_named "$1")
  [ ! -e "$tree" ] || return 0
  [[ $1 == base ]] || packages+=$PYTHON_PACKAGES
  say "building $(basename "$tree") (once; kept in $TREES)"
  rm -rf --one-file-system "$tree.new"
  mapfile -t sources < <(debian_sources)
  apt_settings >"$TREES/apt.conf"
  # So that a kill leaves no mount behind.
  ! unshare --mount true 2>/dev/null || private=(unshare --mount --propagation private)
  # In the foreground: in the process group that whoever gives up the whole ends.
  timeout --foreground 900 "${private[@]}" mmdebstrap --variant=minbase --include="$packages" \
    --aptopt="$TREES/apt.conf" --keyring="$KEYRING" bookworm "$tree.new" "${sources[@]}" \
    2>&1 | log_build || build_failed
  # In the background, for `set -e` does not hold on the left of `||`.
  furnish "$tree.new" >>"$TREES/build.log" 2>&1 &
  wait $! || build_failed
  mv "$tree.new" "$tree"
  say "built in $((SECONDS - started)) s"
}

log_build() { # the output of mmdebstrap, whose headings are news
  local line
  : >"$TREES/build.log"
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >>"$TREES/build.log"
    [[ $line != 'I: '* ]] || news "${line#I: }"
  done
}

build_failed() {
  tail -n 20 "$TREES/build.log" >&2
  die "no base tree; the whole log: $TREES/build.log"
}

# Sources of Debian 12 at the mirror that this computer uses. Prints nothing where that is no
# Debian's: mmdebstrap then has its own default.
debian_sources() {
  local pass codename
  [ -e /etc/debian_version ] || return 0
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  for pass in first second; do
    # The origin is known only when the indexes have been fetched.
    [ "$pass" = first ] || timeout 300 apt-get update -qq >&2 || true
    apt-get indextargets 'Created-By: Packages' \
      --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(COMPONENT)' 2>/dev/null |
      awk -F'|' -v codename="$codename" '
        $1 == "Debian" && index($2, codename) == 1 && !seen[$0]++ {
          sub(codename, "bookworm", $2); print "deb", $3, $2, $4; found = 1 }
        END { exit !found }' && return
  done
  return 0
}

# How the apt of this computer reaches its archives, for the apt of the machines.
apt_settings() {
  apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::Proxy|Check-)' || true
  [ -z "${http_proxy:-}" ] || echo "Acquire::http::Proxy \"$http_proxy\";"
  [ -z "${https_proxy:-}" ] || echo "Acquire::https::Proxy \"$https_proxy\";"
}

furnish() { # TREE
  local tree=$1 user
  rm -f "$tree"/etc/ssh/ssh_host_*
  printf '%s\n' 'MaxStartups 500:30:1000' 'MaxSessions 100' 'UseDNS no' \
    >"$tree/etc/ssh/sshd_config.d/omtd.conf"
  for user in deploy admin; do
    chroot "$tree" useradd -m -s /bin/bash \
      -p "$(chroot "$tree" openssl passwd -6 "$user")" "$user"
  done
  chroot "$tree" usermod -p "$(chroot "$tree" openssl passwd -6 rootpass)" root
  echo 'deploy ALL=(ALL) ALL' >"$tree/etc/sudoers.d/deploy"
  echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/admin"
  chmod 440 "$tree"/etc/sudoers.d/{deploy,admin}
  # The timers of apt would take its lock in the middle of some test.
  chroot "$tree" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer \
    systemd-networkd-wait-online.service
  chroot "$tree" systemctl -q enable systemd-networkd.service
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$tree/usr/local/share/ca-certificates/"
    chroot "$tree" update-ca-certificates
  fi
}

remove_old_trees() {
  local tree
  for tree in "$TREES"/{base,python}-*; do
    [[ $tree == *-$RECIPE ]] || rm -rf --one-file-system "$tree"
  done
}

RECIPE=$({ declare -f furnish; echo "$PACKAGES$PYTHON_PACKAGES"; } | sha256sum | cut -c1-8)
