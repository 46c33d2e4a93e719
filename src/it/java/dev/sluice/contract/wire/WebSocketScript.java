package dev.sluice.contract.wire;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** A minimal WebSocket server (RFC 6455): accepts the handshake, and echoes each message of less than 64 KiB. */
public final class WebSocketScript implements Script {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int LENGTH_IN_TWO_BYTES = 126;

    @Override
    public void play(TargetExchange exchange) throws IOException {
        exchange.sendHead(
                "HTTP/1.1 101 Switching Protocols",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Accept: " + accept(exchange.head().value("Sec-WebSocket-Key")));
        DataInputStream in = new DataInputStream(exchange.wire().in());
        for (int first = in.read(); first >= 0; first = in.read()) {
            byte[] payload = payload(in);
            int opcode = first & 0x0F;
            send(exchange, opcode == PING ? (first & 0xF0) | PONG : first, payload);
            if (opcode == CLOSE) {
                exchange.close();
                return;
            }
        }
    }

    private static byte[] payload(DataInputStream in) throws IOException {
        int length = in.readUnsignedByte() & 0x7F;
        byte[] payload = new byte[length == LENGTH_IN_TWO_BYTES ? in.readUnsignedShort() : length];
        byte[] mask = new byte[4];
        in.readFully(mask);
        in.readFully(payload);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i % 4];
        }
        return payload;
    }

    private static void send(TargetExchange exchange, int first, byte[] payload) throws IOException {
        byte[] frame = new byte[4 + payload.length];
        frame[0] = (byte) first;
        frame[1] = LENGTH_IN_TWO_BYTES;
        frame[2] = (byte) (payload.length >> 8);
        frame[3] = (byte) payload.length;
        int header = 4;
        if (payload.length < LENGTH_IN_TWO_BYTES) {
            frame[1] = (byte) payload.length;
            header = 2;
        }
        System.arraycopy(payload, 0, frame, header, payload.length);
        exchange.wire().out().write(frame, 0, header + payload.length);
    }

    private static String accept(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
