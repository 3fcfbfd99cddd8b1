// What an authenticator app computes (RFC 6238): HMAC-SHA-1 of the number of the half minute, cut to six digits.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
export const STEP_MS = 30_000;

export const counterAt = (milliseconds: number): number => Math.floor(milliseconds / STEP_MS);

const fromBase32 = (text: string): Uint8Array<ArrayBuffer> => {
  const bits = [...text.replace(/=+$/, '')].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
};

export const codeOf = async (secret: string, counter: number): Promise<string> => {
  const key = await crypto.subtle.importKey('raw', fromBase32(secret), { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  const message = new DataView(new ArrayBuffer(8));
  message.setBigUint64(0, BigInt(counter));
  const digest = new DataView(await crypto.subtle.sign('HMAC', key, message.buffer));
  const number = digest.getUint32(digest.getUint8(19) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
};
