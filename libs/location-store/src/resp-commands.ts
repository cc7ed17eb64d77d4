import { Command } from 'ioredis';

/**
 * Redis commands encoded into one buffer (RESP, the protocol's array-of-bulk-strings form). The client spends up to 3 µs a
 * driver on a transaction of many binary arguments; encoding a whole transaction at once costs a fraction of it.
 */
export class RespCommands {
  private readonly names: string[] = [];
  private bytes: Buffer;
  private length = 0;

  constructor(estimatedBytes: number) {
    this.bytes = Buffer.allocUnsafe(estimatedBytes);
  }

  /** Begins a command of `argumentCount` arguments, the name not counted. ASCII only, here and in `text`. */
  begin(name: string, argumentCount: number): this {
    this.names.push(name);
    return this.ascii(`*${argumentCount + 1}\r\n$${name.length}\r\n${name}\r\n`);
  }

  text(value: string): this {
    return this.ascii(`$${value.length}\r\n${value}\r\n`);
  }

  /** Two texts at once: the pairs of ZADD are the bulk of what is sent. */
  pair(first: string, second: string): this {
    return this.ascii(`$${first.length}\r\n${first}\r\n$${second.length}\r\n${second}\r\n`);
  }

  /** A text and a binary value: the pairs of HSET. */
  field(name: string, value: Buffer): this {
    this.ascii(`$${name.length}\r\n${name}\r\n$${value.length}\r\n`);
    this.reserve(value.length + 2);
    this.length += value.copy(this.bytes, this.length);
    this.bytes[this.length++] = 13;
    this.bytes[this.length++] = 10;
    return this;
  }

  command(name: string, ...args: string[]): this {
    this.begin(name, args.length);
    for (const arg of args) this.text(arg);
    return this;
  }

  /** Commands for the client's queue: the first carries all the bytes, the others only wait for their replies. */
  toCommands(): Command[] {
    const whole = this.bytes.subarray(0, this.length);
    return this.names.map((name, i) => new EncodedCommand(name, i === 0 ? whole : ''));
  }

  private ascii(text: string): this {
    this.reserve(text.length);
    this.length += this.bytes.write(text, this.length, 'latin1');
    return this;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

class EncodedCommand extends Command {
  constructor(
    name: string,
    private readonly encoded: Buffer | string,
  ) {
    super(name, [], { replyEncoding: null });
  }

  override toWritable(): Buffer | string {
    return this.encoded;
  }
}
