package dev.sluice.forward;

import java.util.Iterator;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.ProtocolException;

/** What is wrong with an answer's head that HttpCore has let through, and a host would write down in its own way. Stateless. */
final class AnswerCheck {

    /** Of the head's lines, in bytes: hosts can send as much. */
    private static final int MAX_HEAD = 32 * 1024;

    private AnswerCheck() {}

    /**
     * Returns if nothing is wrong.
     *
     * @throws ProtocolException if a field is malformed, or all are too large
     */
    static void check(HttpResponse answer) throws ProtocolException {
        if (Headers.size(answer) > MAX_HEAD) {
            throw new ProtocolException("the answer's head has more than " + MAX_HEAD + " bytes");
        }
        for (Iterator<Header> headers = answer.headerIterator(); headers.hasNext(); ) {
            Header header = headers.next();
            if (!FieldSyntax.isToken(header.getName())) {
                throw new ProtocolException("a header's name is none");
            }
            String value = header.getValue();
            if (value != null && FieldSyntax.hasControlCharacter(value)) {
                throw new ProtocolException(header.getName() + " has a control character");
            }
        }
        Header[] lengths = answer.getHeaders("Content-Length");
        if (lengths.length > 0 && !FieldSyntax.isLength(lengths[0].getValue())) {
            throw new ProtocolException("Content-Length is no number");
        }
    }
}
