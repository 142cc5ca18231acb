// Types of what is used of the library dns-packet, which brings none.
declare module 'dns-packet' {
  interface Question {
    name: string;
    type: string;
    class?: string;
  }
  interface Answer {
    name: string;
    type: string;
    class?: string;
    ttl?: number;
    data?: unknown;
  }
  interface OptAnswer {
    type: 'OPT';
    name: '.';
    udpPayloadSize: number;
    flags: number;
    extendedRcode?: number;
  }
  interface Packet {
    type: 'query' | 'response';
    id: number;
    flags: number;
    questions: Question[];
    answers?: Answer[];
    authorities?: Answer[];
    additionals?: (Answer | OptAnswer)[];
  }
  interface DecodedPacket extends Required<Packet> {
    flag_cd: boolean;
    rcode: string;
    flag_aa: boolean;
    flag_tc: boolean;
    flag_ra: boolean;
    flag_ad: boolean;
  }
  const packet: {
    encode: (packet: Packet) => Buffer;
    decode: (buffer: Buffer) => DecodedPacket;
    RECURSION_DESIRED: number;
    RECURSION_AVAILABLE: number;
    AUTHORITATIVE_ANSWER: number;
    TRUNCATED_RESPONSE: number;
    CHECKING_DISABLED: number;
    DNSSEC_OK: number;
  };
  export default packet;
}
