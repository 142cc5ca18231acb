// What the lab's name server uses of dns-packet, which brings no types.
declare module 'dns-packet' {
  export interface Question {
    type: string;
    name: string;
  }
  export interface Answer extends Question {
    ttl: number;
    data: string | string[];
  }
  export interface Packet {
    type?: 'query' | 'response';
    id?: number;
    flags?: number;
    questions?: Question[];
    answers?: Answer[];
  }
  interface DnsPacket {
    readonly RECURSION_DESIRED: number;
    readonly RECURSION_AVAILABLE: number;
    decode: (message: Uint8Array) => Packet;
    encode: (packet: Packet) => Buffer;
  }
  const packet: DnsPacket;
  export default packet;
}
