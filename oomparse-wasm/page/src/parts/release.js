// Whose kernel it is, as its release says.

const BUILDS = [
  [/\.el(\d+)uek/, 'Oracle Linux $1 (UEK)'],
  [/\.el(\d+)/, 'RHEL $1'],
  [/\.fc(\d+)/, 'Fedora $1'],
  [/\.amzn(\d+)/, 'Amazon Linux $1'],
  [/\.oe(\d\d)(\d\d)/, 'openEuler $1.$2'],
  [/\.a(?:n|l)(\d)/, 'Alibaba Cloud Linux $1'],
  [/\.tl(\d)/, 'TencentOS $1'],
  [/-pve/, 'Proxmox'],
  [/-arch|-ARCH/, 'Arch Linux'],
  [/-(aws|azure|gcp|gke|oracle)$/, 'Ubuntu ($1)'],
  [/-(?:generic|lowlatency)/, 'Ubuntu'],
  [/\+deb(\d+)/, 'Debian $1'],
  [/-(?:cloud-)?(?:amd64|arm64|686)/, 'Debian'],
  [/-default$/, 'SUSE'],
  [/-talos/, 'Talos'],
];

const MACHINES = [
  [/x86_64|amd64|-pve|-arch/, 'x86, 64 bit'],
  [/aarch64|arm64/, 'ARM, 64 bit'],
  [/i[3-6]86|-686|-pae/i, 'x86, 32 bit'],
  [/ppc64|s390x|riscv64/, '$&'],
];

/** `Debian 12, x86, 64 bit`; nothing where the release does not say. */
export function buildOf(release) {
  const found = [BUILDS, MACHINES].map((all) => {
    for (const [pattern, name] of all) {
      const match = pattern.exec(release ?? '');
      if (match) return name.replace('$&', match[0]).replace(/\$(\d)/g, (_, n) => match[n]);
    }
    return undefined;
  });
  return found.filter(Boolean).join(', ') || undefined;
}
