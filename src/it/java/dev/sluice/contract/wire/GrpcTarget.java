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

/** A gRPC server of grpc-java's, without TLS, whose messages are bytes: so it needs no generated code. Safe for use by many threads. */
public final class GrpcTarget implements Closeable {

    private static final String SERVICE = "sluice.Echo";
    private static final int MAX_MESSAGE = 16 * 1024 * 1024;

    /** Answers a message with the same. */
    public static final MethodDescriptor<byte[], byte[]> UNARY = method(MethodType.UNARY, "Unary");

    /** Answers a message that is a number with so many messages: that number and all below it. */
    public static final MethodDescriptor<byte[], byte[]> COUNT_DOWN = method(MethodType.SERVER_STREAMING, "CountDown");

    /** Answers messages with one: what they have in all, one after another. */
    public static final MethodDescriptor<byte[], byte[]> JOIN = method(MethodType.CLIENT_STREAMING, "Join");

    /** Answers each message at once with the same. */
    public static final MethodDescriptor<byte[], byte[]> TALK = method(MethodType.BIDI_STREAMING, "Talk");

    /** Answers with nothing but a status, that of the message, and a trailer of its own. */
    public static final MethodDescriptor<byte[], byte[]> FAIL = method(MethodType.UNARY, "Fail");

    /** Does not answer, but for one message where messages come. */
    public static final MethodDescriptor<byte[], byte[]> HANG = method(MethodType.BIDI_STREAMING, "Hang");

    /** Refuses at the first message, although there may be more. */
    public static final MethodDescriptor<byte[], byte[]> REFUSE = method(MethodType.BIDI_STREAMING, "Refuse");

    /** What comes with {@link #FAIL}. */
    public static final Metadata.Key<String> REASON = Metadata.Key.of("reason", Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger hanging = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();

    /** Listens on any free port of loopback. */
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

    /** As TARGET_GROUP_N_TARGETS wants it. */
    public String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** How many connections to it are open, idle ones included. */
    public int connections() {
        return connections.get();
    }

    /** How many calls hang in it now. */
    public int hanging() {
        return hanging.get();
    }

    /** How many of those that hung it was told to give up. */
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

    /** Ends it at once, with all that is in progress. */
    public void kill() throws InterruptedException {
        server.shutdownNow().awaitTermination();
    }

    /** Tells its clients to go (GOAWAY), and ends when they have. */
    public void stop() {
        server.shutdown();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    /** Of a text in ASCII. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** In ASCII. */
    public static String text(byte[] message) {
        return new String(message, StandardCharsets.US_ASCII);
    }

    /** A client's messages; what is not said is ignored. */
    private abstract static class Observer implements StreamObserver<byte[]> {

        final StreamObserver<byte[]> answers;

        Observer(StreamObserver<byte[]> answers) {
            this.answers = answers;
        }

        @Override
        public void onError(Throwable cause) {
            // cancelled, which the tests see elsewhere
        }

        @Override
        public void onCompleted() {
            // only half of it is over
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
