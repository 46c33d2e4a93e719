package dev.sluice.forward;

import java.util.Iterator;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.ProtocolException;

/** What is wrong with an answer's fields that are fields, and that a host would write down in its own way. Stateless. */
final class ResponseCheck {

    /** Of the lines of the fields, in bytes: hosts can send as much. */
    private static final int MAX_SIZE = 32 * 1024;

    private static final int LINE_OVERHEAD = ": \r\n".length();

    private ResponseCheck() {}

    /**
     * Returns if nothing is wrong with the head of an answer, or of what comes before it.
     *
     * @throws ProtocolException if a field is malformed, or all are too large
     */
    static void check(HttpResponse answer) throws ProtocolException {
        checkFields(answer.headerIterator());
        contentLength(answer);
    }

    /**
     * Returns if nothing is wrong with the fields after an answer's body.
     *
     * @throws ProtocolException as for a head
     */
    static void checkTrailers(List<? extends Header> trailers) throws ProtocolException {
        checkFields(trailers.iterator());
    }

    private static void checkFields(Iterator<? extends Header> fields) throws ProtocolException {
        int size = 0;
        while (fields.hasNext()) {
            Header field = fields.next();
            String value = field.getValue();
            size += field.getName().length() + (value == null ? 0 : value.length()) + LINE_OVERHEAD;
            if (size > MAX_SIZE) {
                throw new ProtocolException("the answer's fields have more than " + MAX_SIZE + " bytes");
            }
            if (!FieldSyntax.isToken(field.getName())) {
                throw new ProtocolException("a header's name is none");
            }
            if (value != null && FieldSyntax.hasControlCharacter(value)) {
                throw new ProtocolException(field.getName() + " has a control character");
            }
        }
    }

    /**
     * The bytes that the answer's body is said to have; -1 if that is not said.
     *
     * @throws ProtocolException if it is no number, or not one number
     */
    static long contentLength(HttpResponse answer) throws ProtocolException {
        long length = -1;
        for (Iterator<Header> fields = answer.headerIterator("Content-Length"); fields.hasNext(); ) {
            long said = FieldSyntax.length(fields.next().getValue());
            if (said < 0 || (length >= 0 && said != length)) {
                throw new ProtocolException("Content-Length is not one number");
            }
            length = said;
        }
        return length;
    }
}
