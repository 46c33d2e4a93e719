package dev.sluice.forward.head;

import java.util.Iterator;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.ProtocolException;

/** Finds faults in a response's parsed fields, which a host would serialise in its own way. Stateless. */
public final class ResponseCheck {

    /** Bytes of all field lines together, which hosts can send. */
    private static final int MAX_SIZE = 32 * 1024;

    private static final int LINE_OVERHEAD = ": \r\n".length();

    private ResponseCheck() {}

    /**
     * Checks the head of a response, interim or final.
     *
     * @throws ProtocolException if a field is malformed, or all together are too large
     */
    public static void check(HttpResponse response) throws ProtocolException {
        checkFields(response.headerIterator());
        contentLength(response);
    }

    /**
     * Checks the trailers of a response.
     *
     * @throws ProtocolException as for a head
     */
    public static void checkTrailers(List<? extends Header> trailers) throws ProtocolException {
        checkFields(trailers.iterator());
    }

    private static void checkFields(Iterator<? extends Header> fields) throws ProtocolException {
        int size = 0;
        while (fields.hasNext()) {
            Header field = fields.next();
            String value = field.getValue();
            size += field.getName().length() + (value == null ? 0 : value.length()) + LINE_OVERHEAD;
            if (size > MAX_SIZE) {
                throw new ProtocolException("the response's fields have more than " + MAX_SIZE + " bytes");
            }
            if (!FieldSyntax.isToken(field.getName())) {
                throw new ProtocolException("a header's name is malformed");
            }
            if (value != null && FieldSyntax.hasControlCharacter(value)) {
                throw new ProtocolException(field.getName() + " has a control character");
            }
        }
    }

    /**
     * The response's Content-Length in bytes; -1 if it states none.
     *
     * @throws ProtocolException if it is not a number, or is stated with different values
     */
    public static long contentLength(HttpResponse response) throws ProtocolException {
        long length = -1;
        for (Iterator<Header> fields = response.headerIterator("Content-Length"); fields.hasNext(); ) {
            long said = FieldSyntax.length(fields.next().getValue());
            if (said < 0 || (length >= 0 && said != length)) {
                throw new ProtocolException("Content-Length is not a number, or there are several that differ");
            }
            length = said;
        }
        return length;
    }
}
