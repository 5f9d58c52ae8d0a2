import { isIPv4, isIPv6 } from "node:net";

/**
 * What an address is counted by: an IPv4 address itself, of an IPv6 address the first 64 bits, since
 * a customer of a provider has at least as many addresses as fit behind them. An IPv4 address that
 * is written as IPv6 is the same one. Anything else stands for itself.
 */
export function networkOf(address: string): string {
  const [ip = ""] = address.split("%");
  if (isIPv4(ip)) return ip;
  if (!isIPv6(ip)) return address;
  // The URL standard gives each IPv6 address one spelling.
  const [head = "", tail] = new URL(`http://[${ip}]/`).hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const groups = [...before, ...zeros, ...after];
  if (/^(0:){5}ffff$/.test(groups.slice(0, 6).join(":"))) {
    const number = groups.slice(6).flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 255];
    });
    return number.join(".");
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}
