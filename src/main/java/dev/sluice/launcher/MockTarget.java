package dev.sluice.launcher;

import dev.sluice.observe.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A target for trying things out, on the loopback address. It answers every request with a description of that request
 * in JSON, except POST {@code /-/stop}, which stops it. A request that waits for its response holds no thread, and its
 * body is not kept.
 */
final class MockTarget {

    private static final Logger LOG = LoggerFactory.getLogger(MockTarget.class);

    private static final String STOP = "/-/stop";

    private final Server jetty = new Server();
    private final HttpConnector connector;

    private MockTarget(int port, Behaviour behaviour) {
        connector = HttpConnector.local(jetty, port);
        connector.setIdleTimeout(connector.getIdleTimeout() + behaviour.delayMillis());
        jetty.addConnector(connector);
        jetty.setHandler(new Handler.Abstract.NonBlocking() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                if (request.getMethod().equals("POST")
                        && request.getHttpURI().getPath().equals(STOP)) {
                    Content.Sink.write(
                            response, true, "stopping\n", Callback.from(callback, MockTarget.this::stopSoon));
                } else {
                    new Exchange(request, response, callback, behaviour).run();
                }
                return true;
            }
        });
    }

    /**
     * Returns once it serves requests.
     *
     * @param port 0 for any free one
     * @throws java.net.BindException if it cannot listen on that port
     */
    static MockTarget start(int port, Behaviour behaviour) throws Exception {
        MockTarget target = new MockTarget(port, behaviour);
        target.connector.open();
        target.jetty.start();
        return target;
    }

    int port() {
        return connector.getLocalPort();
    }

    void join() throws InterruptedException {
        jetty.join();
    }

    /** Stops on a new thread, because stopping waits for the target's own threads. */
    private void stopSoon() {
        Thread stopping = new Thread(
                () -> {
                    try {
                        stop();
                    } catch (Exception e) {
                        LOG.warn("The mock target on port {} could not be stopped", port(), e);
                    }
                },
                "stop");
        stopping.start();
    }

    void stop() throws Exception {
        jetty.stop();
    }

    /**
     * How it responds.
     *
     * @param delayMillis how long after the end of the request, in milliseconds
     * @param status the status of the response
     */
    record Behaviour(int delayMillis, int status) {

        static final Behaviour PLAIN = new Behaviour(0, 200);

        /**
         * From MOCK_DELAY_MS and MOCK_ERROR_CODE, where they are set.
         *
         * @throws IllegalArgumentException if one of them is invalid, with a message for the user
         */
        static Behaviour of(Map<String, String> environment) {
            return new Behaviour(
                    variable(environment, "MOCK_DELAY_MS", 0, Integer.MAX_VALUE, PLAIN.delayMillis),
                    variable(environment, "MOCK_ERROR_CODE", 400, 599, PLAIN.status));
        }

        private static int variable(Map<String, String> environment, String name, int min, int max, int unset) {
            String value = environment.getOrDefault(name, "");
            return value.isEmpty() ? unset : parse(name, value, min, max);
        }
    }

    /**
     * Parses a number.
     *
     * @throws IllegalArgumentException if it is no number from min to max, with a message for the user
     */
    static int parse(String name, String value, int min, int max) {
        try {
            int number = Integer.parseInt(value);
            if (min <= number && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new IllegalArgumentException(
                "%s=%s: a number from %d to %d is expected".formatted(name, value, min, max));
    }

    /** One request. Runs whenever some of its body has come, until all of it has; never on two threads at once. */
    private static final class Exchange implements Runnable {

        private final Request request;
        private final Response response;
        private final Callback callback;
        private final Behaviour behaviour;
        private long bodyLength;

        Exchange(Request request, Response response, Callback callback, Behaviour behaviour) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            this.behaviour = behaviour;
        }

        @Override
        public void run() {
            while (true) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    request.demand(this);
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    callback.failed(chunk.getFailure());
                    return;
                }
                bodyLength += chunk.remaining();
                chunk.release();
                if (chunk.isLast()) {
                    request.getComponents()
                            .getScheduler()
                            .schedule(this::answer, behaviour.delayMillis(), TimeUnit.MILLISECONDS);
                    return;
                }
            }
        }

        private void answer() {
            byte[] body = (Json.write(description()) + "\n").getBytes(StandardCharsets.US_ASCII);
            response.setStatus(behaviour.status());
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
            response.write(true, ByteBuffer.wrap(body), callback);
        }

        private Map<String, Object> description() {
            Map<String, Object> description = new LinkedHashMap<>();
            description.put("port", Request.getLocalPort(request));
            description.put("method", request.getMethod());
            description.put("path", request.getHttpURI().getPath());
            description.put("query", request.getHttpURI().getQuery());
            description.put("headers", headers(request.getHeaders()));
            description.put("bodyLength", bodyLength);
            return description;
        }

        /** Each name as it was first sent, with its values in the order in which they came. */
        private static Map<String, List<String>> headers(HttpFields fields) {
            Map<String, List<String>> headers = new LinkedHashMap<>();
            for (String name : fields.getFieldNamesCollection()) {
                headers.put(
                        name,
                        fields.getFields(name).stream().map(HttpField::getValue).toList());
            }
            return headers;
        }
    }
}
