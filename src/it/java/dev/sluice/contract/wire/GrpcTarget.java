package dev.sluice.contract.wire;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** A grpc-java server without TLS. Its messages are plain bytes, so it needs no generated code. Thread-safe. */
public final class GrpcTarget implements Closeable {

    private static final String SERVICE = "sluice.Echo";
    private static final int MAX_MESSAGE = 16 * 1024 * 1024;

    /** Echoes its message. */
    public static final MethodDescriptor<byte[], byte[]> UNARY = method(MethodType.UNARY, "Unary");

    /** Takes a number, and replies with a message for that number and for each one below it, down to 0. */
    public static final MethodDescriptor<byte[], byte[]> COUNT_DOWN = method(MethodType.SERVER_STREAMING, "CountDown");

    /** Replies with one message, the concatenation of all messages received. */
    public static final MethodDescriptor<byte[], byte[]> JOIN = method(MethodType.CLIENT_STREAMING, "Join");

    /** Echoes each message at once. */
    public static final MethodDescriptor<byte[], byte[]> TALK = method(MethodType.BIDI_STREAMING, "Talk");

    /** Replies only with a status, whose code is the message, and with the trailer {@link #REASON}. */
    public static final MethodDescriptor<byte[], byte[]> FAIL = method(MethodType.UNARY, "Fail");

    /** Echoes each message at once, but never ends the call. */
    public static final MethodDescriptor<byte[], byte[]> HANG = method(MethodType.BIDI_STREAMING, "Hang");

    /** Refuses the call at the first message, although more messages may follow. */
    public static final MethodDescriptor<byte[], byte[]> REFUSE = method(MethodType.BIDI_STREAMING, "Refuse");

    /** The trailer of {@link #FAIL}. */
    public static final Metadata.Key<String> REASON = Metadata.Key.of("reason", Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger hanging = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();

    /** Listens on a free port of loopback. */
    public GrpcTarget() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .maxInboundMessageSize(MAX_MESSAGE)
                .addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes attributes) {
                        connections.incrementAndGet();
                        return attributes;
                    }

                    @Override
                    public void transportTerminated(Attributes attributes) {
                        connections.decrementAndGet();
                    }
                })
                .addService(ServerServiceDefinition.builder(SERVICE)
                        .addMethod(UNARY, ServerCalls.asyncUnaryCall(GrpcTarget::echo))
                        .addMethod(COUNT_DOWN, ServerCalls.asyncServerStreamingCall(GrpcTarget::countDown))
                        .addMethod(JOIN, ServerCalls.asyncClientStreamingCall(Joining::new))
                        .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(Talking::new))
                        .addMethod(FAIL, ServerCalls.asyncUnaryCall(GrpcTarget::fail))
                        .addMethod(HANG, ServerCalls.asyncBidiStreamingCall(this::hang))
                        .addMethod(REFUSE, ServerCalls.asyncBidiStreamingCall(Refusing::new))
                        .build())
                .build()
                .start();
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
                .build();
    }

    /** The address, as in TARGET_GROUP_N_TARGETS. */
    public String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** The number of open connections, idle ones included. */
    public int connections() {
        return connections.get();
    }

    /** The number of calls of {@link #HANG} that are in progress. */
    public int hanging() {
        return hanging.get();
    }

    /** The number of calls of {@link #HANG} that were cancelled. */
    public int cancelled() {
        return cancelled.get();
    }

    private static void echo(byte[] message, StreamObserver<byte[]> answers) {
        answers.onNext(message);
        answers.onCompleted();
    }

    private static void countDown(byte[] message, StreamObserver<byte[]> answers) {
        ServerCallStreamObserver<byte[]> ready = (ServerCallStreamObserver<byte[]>) answers;
        int[] next = {Integer.parseInt(text(message))};
        ready.setOnReadyHandler(() -> {
            while (ready.isReady() && next[0] >= 0) {
                answers.onNext(bytes(Integer.toString(next[0]--)));
                if (next[0] < 0) {
                    answers.onCompleted();
                }
            }
        });
    }

    private static void fail(byte[] message, StreamObserver<byte[]> answers) {
        Metadata trailers = new Metadata();
        trailers.put(REASON, "because");
        answers.onError(Status.fromCodeValue(Integer.parseInt(text(message)))
                .withDescription("not for you")
                .asRuntimeException(trailers));
    }

    private StreamObserver<byte[]> hang(StreamObserver<byte[]> answers) {
        hanging.incrementAndGet();
        ((ServerCallStreamObserver<byte[]>) answers).setOnCancelHandler(() -> {
            hanging.decrementAndGet();
            cancelled.incrementAndGet();
        });
        return new Observer(answers) {
            @Override
            public void onNext(byte[] message) {
                answers.onNext(message);
            }
        };
    }

    /** Ends the server immediately, with all calls in progress. */
    public void kill() throws InterruptedException {
        server.shutdownNow().awaitTermination();
    }

    /** Sends GOAWAY to its clients, and ends once they have gone. */
    public void stop() {
        server.shutdown();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    /** The bytes of an ASCII text. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The text of an ASCII message. */
    public static String text(byte[] message) {
        return new String(message, StandardCharsets.US_ASCII);
    }

    /** Receives a client's messages. By default, it ignores errors and the end. */
    private abstract static class Observer implements StreamObserver<byte[]> {

        final StreamObserver<byte[]> answers;

        Observer(StreamObserver<byte[]> answers) {
            this.answers = answers;
        }

        @Override
        public void onError(Throwable cause) {
            // cancelled: tests observe that elsewhere
        }

        @Override
        public void onCompleted() {
            // a half-close: the call goes on
        }
    }

    private static final class Joining extends Observer {

        private final StringBuilder joined = new StringBuilder();

        Joining(StreamObserver<byte[]> answers) {
            super(answers);
        }

        @Override
        public void onNext(byte[] message) {
            joined.append(text(message));
        }

        @Override
        public void onCompleted() {
            echo(bytes(joined.toString()), answers);
        }
    }

    private static final class Talking extends Observer {

        Talking(StreamObserver<byte[]> answers) {
            super(answers);
        }

        @Override
        public void onNext(byte[] message) {
            answers.onNext(message);
        }

        @Override
        public void onCompleted() {
            answers.onCompleted();
        }
    }

    private static final class Refusing extends Observer {

        Refusing(StreamObserver<byte[]> answers) {
            super(answers);
        }

        @Override
        public void onNext(byte[] message) {
            answers.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
        }
    }

    private enum Bytes implements Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
