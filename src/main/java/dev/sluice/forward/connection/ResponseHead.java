package dev.sluice.forward.connection;

import dev.sluice.forward.head.FieldSyntax;
import dev.sluice.forward.head.ResponseCheck;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.message.BasicHttpResponse;

/**
 * Parses the head of a response: its status line and its fields (RFC 9112 sections 4 and 5). {@link ResponseCheck}
 * decides whether those may be passed on. A byte becomes a character (Latin-1), so that each goes on as it came,
 * whatever its author meant by it (RFC 9110 section 5.5). Stateless.
 */
public final class ResponseHead {

    private static final int MAX_FIELDS = 500;
    private static final int MAX_BYTES_BEFORE = 10 * "\r\n".length();

    private static final String NAME = "HTTP/";
    private static final int VERSION = "HTTP/1.1".length();
    private static final String NO_STATUS_LINE = "the response does not begin with a status line";

    private ResponseHead() {}

    /**
     * The end of the first head in the buffer: the index after its empty line.
     *
     * @param from everything before this index has been searched already
     * @return -1 if the head is incomplete
     * @throws ProtocolException if there are too many empty lines before it, or it does not begin as one of HTTP
     */
    static int end(ByteBuffer bytes, int from) throws ProtocolException {
        int begin = begin(bytes);
        for (int i = Math.max(from, begin); i < bytes.limit(); i++) {
            if (bytes.get(i) == '\n' && isEmptyLine(bytes, begin, i)) {
                return i + 1;
            }
        }
        for (int i = 0; i < Math.min(NAME.length(), bytes.limit() - begin); i++) {
            if (bytes.get(begin + i) != NAME.charAt(i)) { // such as the greeting of SSH, which no empty line ends
                throw new ProtocolException(NO_STATUS_LINE);
            }
        }
        return -1;
    }

    /** The index after the empty lines that some targets send before a head, or after the previous body. */
    private static int begin(ByteBuffer bytes) throws ProtocolException {
        int begin = bytes.position();
        while (begin < bytes.limit() && (bytes.get(begin) == '\r' || bytes.get(begin) == '\n')) {
            begin++;
        }
        if (begin - bytes.position() > MAX_BYTES_BEFORE) {
            throw new ProtocolException("there are empty lines instead of a response");
        }
        return begin;
    }

    private static boolean isEmptyLine(ByteBuffer bytes, int begin, int end) {
        int last = bytes.get(end - 1) == '\r' ? end - 2 : end - 1;
        return last > begin && bytes.get(last) == '\n';
    }

    /**
     * Takes a head out of the buffer.
     *
     * @param end see {@link #end}
     * @throws ProtocolException if it is not a head of HTTP/1, or has too many fields
     */
    static HttpResponse take(ByteBuffer bytes, int end) throws ProtocolException {
        bytes.position(begin(bytes));
        byte[] head = new byte[end - bytes.position()];
        bytes.get(head);
        int lineEnd = lineEnd(head, 0);
        HttpResponse response = statusLine(text(head, 0, lineEnd));
        int fields = 0;
        for (int begin = lineEnd + 1; !isEmptyLine(head, begin); begin = lineEnd + 1) {
            if (++fields > MAX_FIELDS) {
                throw new ProtocolException("the response has more than " + MAX_FIELDS + " fields");
            }
            lineEnd = fieldEnd(head, begin);
            response.addHeader(field(head, begin, lineEnd));
        }
        return response;
    }

    /**
     * Whether the response has a body, possibly an empty one (RFC 9112 section 6.3). Methods are case-sensitive: to a
     * target, {@code head} is an unknown method, whose response has a body.
     */
    public static boolean hasBody(String method, int status) {
        return !method.equals("HEAD")
                && status >= HttpStatus.SC_OK
                && status != HttpStatus.SC_NO_CONTENT
                && status != HttpStatus.SC_NOT_MODIFIED;
    }

    /**
     * Whether another response may follow on the connection (RFC 9112 section 9.3): the target keeps it open, and all
     * readers see the same end of this response.
     *
     * @throws ProtocolException if the length is malformed
     */
    static boolean keepsConnection(HttpResponse head, boolean hasBody) throws ProtocolException {
        boolean isChunked = head.containsHeader("Transfer-Encoding");
        int lengths = head.countHeaders("Content-Length");
        boolean isOld = head.getVersion().lessEquals(HttpVersion.HTTP_1_0);
        if (isChunked ? isOld || lengths > 0 : lengths > 1 || (lengths == 0 && hasBody)) {
            return false;
        }
        if (head.getCode() == HttpStatus.SC_NO_CONTENT && (isChunked || ResponseCheck.contentLength(head) > 0)) {
            return false; // the body that it announces, and must not have, may follow nevertheless
        }
        boolean keeps = !isOld;
        for (Iterator<Header> fields = head.headerIterator("Connection"); fields.hasNext(); ) {
            String options = fields.next().getValue();
            if (FieldSyntax.lists(options, "close")) {
                return false;
            }
            keeps |= FieldSyntax.lists(options, "keep-alive");
        }
        return keeps;
    }

    private static boolean isEmptyLine(byte[] head, int begin) {
        return head[begin] == '\n' || (head[begin] == '\r' && head[begin + 1] == '\n');
    }

    private static int lineEnd(byte[] head, int begin) {
        int end = begin;
        while (head[end] != '\n') {
            end++;
        }
        return end;
    }

    /**
     * The end of a field's last line. A folded field is unfolded: its line breaks become spaces (RFC 9112 section 5.2).
     */
    private static int fieldEnd(byte[] head, int begin) {
        int end = lineEnd(head, begin);
        while (isBlank(head[end + 1])) { // the head's last line is empty
            head[end] = ' ';
            head[end - 1] = head[end - 1] == '\r' ? (byte) ' ' : head[end - 1];
            end = lineEnd(head, end + 1);
        }
        return end;
    }

    private static Header field(byte[] head, int begin, int end) throws ProtocolException {
        int colon = begin;
        while (colon < end && head[colon] != ':') {
            colon++;
        }
        if (colon == begin || colon == end || isBlank(head[begin])) {
            throw new ProtocolException("the response has a field without a name");
        }
        return new BasicHeader(text(head, begin, colon), text(head, colon + 1, end));
    }

    /**
     * The text without the CR of a line's end, and without the blanks around it, which a target may have put even
     * before a colon (RFC 9112 section 5.1).
     */
    private static String text(byte[] head, int begin, int end) {
        int first = begin;
        int last = end > begin && head[end] == '\n' && head[end - 1] == '\r' ? end - 1 : end;
        while (first < last && isBlank(head[first])) {
            first++;
        }
        while (first < last && isBlank(head[last - 1])) {
            last--;
        }
        return new String(head, first, last - first, StandardCharsets.ISO_8859_1);
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /** Parses {@code HTTP/1.1 200 OK}. The reason phrase is often left out, with the space before it. */
    private static HttpResponse statusLine(String line) throws ProtocolException {
        int code = VERSION;
        while (code < line.length() && line.charAt(code) == ' ') {
            code++;
        }
        int reason = code + "200".length();
        if (code == VERSION
                || line.length() < reason
                || !line.startsWith(NAME)
                || line.charAt(NAME.length() + 1) != '.'
                || (line.length() > reason && line.charAt(reason) != ' ')) {
            throw new ProtocolException(NO_STATUS_LINE);
        }
        int major = digit(line, NAME.length());
        int minor = digit(line, NAME.length() + 2);
        int status = 100 * digit(line, code) + 10 * digit(line, code + 1) + digit(line, code + 2);
        if (major != 1 || status < 100) {
            throw new ProtocolException("the response is not HTTP/1, or its status is invalid");
        }
        HttpResponse response = new BasicHttpResponse(status, line.substring(Math.min(line.length(), reason + 1)));
        response.setVersion(HttpVersion.get(major, minor));
        return response;
    }

    private static int digit(String line, int index) throws ProtocolException {
        int digit = line.charAt(index) - '0';
        if (digit < 0 || digit > 9) {
            throw new ProtocolException("the response's status line has no digit at " + index);
        }
        return digit;
    }
}
