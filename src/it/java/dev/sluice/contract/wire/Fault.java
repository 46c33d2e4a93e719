package dev.sluice.contract.wire;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** What can be wrong with a target that accepts a connection and receives a request. */
public enum Fault {
    RESETS {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.reset();
        }
    },
    CLOSES {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.close();
        }
    },
    CLOSES_INSIDE_ITS_HEAD {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Ha");
            exchange.close();
        }
    },
    SPEAKS_NO_HTTP {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.send("220 mail.example ESMTP\r\n");
            exchange.close();
        }
    },
    IS_SILENT {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.awaitEnd();
        }
    },
    ANSWERS_500 {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            exchange.answer("500 Internal Server Error", "failed", CLOSE);
            exchange.close();
        }
    },
    IS_SLOW {
        @Override
        void happen(TargetExchange exchange) throws IOException {
            Wire.pause(SLOWNESS);
            exchange.answer("200 OK", "ok", CLOSE);
            exchange.close();
        }
    };

    /** Otherwise a later fault would occur on a kept-alive connection. */
    private static final String CLOSE = "Connection: close";

    private static final Duration SLOWNESS = Duration.ofMillis(300);

    abstract void happen(TargetExchange exchange) throws IOException;

    /**
     * The fault occurs for requests that reach one of these targets. Other requests are answered as if nothing were
     * wrong.
     */
    public Script at(String... targets) {
        return exchange -> {
            exchange.readBody();
            if (List.of(targets).contains(exchange.target())) {
                happen(exchange);
            } else {
                exchange.answer("200 OK", exchange.head().method().equals("HEAD") ? "" : "ok");
            }
        };
    }
}
