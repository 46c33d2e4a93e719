package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.wire.GrpcTarget;
import dev.sluice.contract.wire.Http2Target;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC from end to end: grpc-java's client, Sluice with HTTP/2 on both sides, grpc-java's server. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class GrpcCalls {

    private static final int LARGE = 8 * 1024 * 1024;
    private static final int MAX_MESSAGE = 2 * LARGE;
    private static final int CROWD = 1_000;
    private static final int PATIENCE_SECONDS = 30;

    private final Host host;
    private GrpcTarget target;
    private ScriptedTarget ready;
    private HostProcess sluice;
    private ManagedChannel channel;

    GrpcCalls(Host host) {
        this.host = host;
    }

    @BeforeAll
    void open() throws IOException {
        target = new GrpcTarget();
        ready = ScriptedTarget.of("ready", new Scenes());
        sluice = start(target.address());
        channel = channel(sluice.port());
    }

    private HostProcess start(String grpcTarget) throws IOException {
        Settings settings = new Settings();
        settings.set("CONNECTION_TIMEOUT", "60000"); // a silent target does not end a test
        settings.group("grpc", grpcTarget);
        settings.with("PROTOCOL_VERSION", "HTTP2");
        settings.rule("/", "", "grpc");
        settings.groupAtItsName("ready", ready.address());
        return host.start(settings.variables()).awaitReady("/ready");
    }

    private static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE)
                .build();
    }

    @AfterAll
    void close() throws IOException {
        channel.shutdownNow();
        sluice.close();
        ready.close();
        target.close();
    }

    private ClientCall<byte[], byte[]> call(MethodDescriptor<byte[], byte[]> method) {
        return channel.newCall(method, CallOptions.DEFAULT);
    }

    private byte[] unary(byte[] message) {
        return ClientCalls.blockingUnaryCall(channel, GrpcTarget.UNARY, CallOptions.DEFAULT, message);
    }

    @Test
    void oneMessageIsAnsweredWithOne() {
        assertThat(unary(GrpcTarget.bytes("hello"))).asString().isEqualTo("hello");
        assertThat(unary(new byte[0])).isEmpty();
    }

    @Test
    void oneMessageIsAnsweredWithMany() {
        List<String> answers = new ArrayList<>();
        ClientCalls.blockingServerStreamingCall(
                        channel, GrpcTarget.COUNT_DOWN, CallOptions.DEFAULT, GrpcTarget.bytes("10000"))
                .forEachRemaining(answer -> answers.add(GrpcTarget.text(answer)));
        assertThat(answers)
                .isEqualTo(IntStream.rangeClosed(0, 10_000)
                        .mapToObj(i -> Integer.toString(10_000 - i))
                        .toList());
    }

    @Test
    void manyMessagesAreAnsweredWithOne() throws InterruptedException {
        Answers answers = new Answers();
        StreamObserver<byte[]> messages = ClientCalls.asyncClientStreamingCall(call(GrpcTarget.JOIN), answers);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            messages.onNext(GrpcTarget.bytes(i + " "));
            all.append(i).append(' ');
        }
        messages.onCompleted();
        assertThat(answers.next()).isEqualTo(all.toString());
        assertThat(answers.end().getCode()).isEqualTo(Code.OK);
    }

    /** Each message arrives before the next one is sent: nothing waits for more. */
    @Test
    void messagesGoToAndFro() throws InterruptedException {
        Answers answers = new Answers();
        StreamObserver<byte[]> messages = ClientCalls.asyncBidiStreamingCall(call(GrpcTarget.TALK), answers);
        for (int i = 0; i < 200; i++) {
            messages.onNext(GrpcTarget.bytes("message " + i));
            assertThat(answers.next()).isEqualTo("message " + i);
        }
        messages.onCompleted();
        assertThat(answers.end().getCode()).isEqualTo(Code.OK);
    }

    @Test
    void aStatusPassesWithItsTrailersWhereThereIsNothingElse() {
        StatusRuntimeException failure = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(
                        channel, GrpcTarget.FAIL, CallOptions.DEFAULT, GrpcTarget.bytes("7")));
        assertThat(failure.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(failure.getStatus().getDescription()).isEqualTo("not for you");
        assertThat(failure.getTrailers().get(GrpcTarget.REASON)).isEqualTo("because");
    }

    /** The client has not half-closed, and does not before it has the status: nobody may wait for its end. */
    @Test
    void aStatusPassesWhileTheClientIsStillSending() throws InterruptedException {
        Answers answers = new Answers();
        StreamObserver<byte[]> messages = ClientCalls.asyncBidiStreamingCall(call(GrpcTarget.REFUSE), answers);
        await().until(() -> {
            messages.onNext(GrpcTarget.bytes("one more"));
            return answers.haveEnded();
        });
        assertThat(answers.end().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void aDeadlineEndsTheCallAtTheTargetToo() throws InterruptedException {
        int before = target.cancelled();
        Answers answers = new Answers();
        StreamObserver<byte[]> messages = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(GrpcTarget.HANG, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.SECONDS)), answers);
        messages.onNext(GrpcTarget.bytes("first"));
        assertThat(answers.next()).isEqualTo("first");
        assertThat(answers.end().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
        await().until(() -> target.cancelled() == before + 1);
    }

    @Test
    void aClientThatGivesUpEndsTheCallAtTheTargetToo() throws InterruptedException {
        int before = target.cancelled();
        Answers answers = new Answers();
        ClientCall<byte[], byte[]> call = call(GrpcTarget.HANG);
        StreamObserver<byte[]> messages = ClientCalls.asyncBidiStreamingCall(call, answers);
        messages.onNext(GrpcTarget.bytes("first"));
        assertThat(answers.next()).isEqualTo("first");
        call.cancel("enough", null);
        assertThat(answers.end().getCode()).isEqualTo(Code.CANCELLED);
        await().until(() -> target.cancelled() == before + 1);
    }

    /** Its own deadline is over a moment before its client's. Once, the client took that for a target that had broken. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCallWithADeadlineThatItsTargetCancelsIsCancelled(boolean hasBegun) throws Exception {
        try (Http2Target cancelling = new Http2Target(connection -> {
                    connection.greet();
                    int stream = connection.readRequest();
                    if (hasBegun) {
                        connection.sendHeaders(stream, 0, ":status", "200", "content-type", "application/grpc");
                    }
                    connection.resetStream(stream, Http2Target.CANCEL);
                    connection.awaitEnd();
                });
                HostProcess itsSluice = start(cancelling.address())) {
            ManagedChannel itsChannel = channel(itsSluice.port());
            ClientCall<byte[], byte[]> call = itsChannel.newCall(
                    GrpcTarget.UNARY, CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS));
            StatusRuntimeException failure = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> ClientCalls.blockingUnaryCall(call, GrpcTarget.bytes("message")));
            assertThat(failure.getStatus().getCode()).isEqualTo(Code.CANCELLED);
            itsSluice.awaitLogLine("INFO", "broken off POST", "cancelled a call that has a deadline");
            itsChannel.shutdownNow();
        }
    }

    @Test
    void aTargetThatIsKilledIsUnavailable() throws Exception {
        try (GrpcTarget mortal = new GrpcTarget();
                HostProcess itsSluice = start(mortal.address())) {
            ManagedChannel itsChannel = channel(itsSluice.port());
            Answers answers = new Answers();
            StreamObserver<byte[]> messages = ClientCalls.asyncBidiStreamingCall(
                    itsChannel.newCall(GrpcTarget.HANG, CallOptions.DEFAULT), answers);
            messages.onNext(GrpcTarget.bytes("first"));
            assertThat(answers.next()).isEqualTo("first");
            mortal.kill();
            assertThat(answers.end().getCode()).isIn(Code.UNAVAILABLE, Code.INTERNAL);
            itsChannel.shutdownNow();
        }
    }

    @Test
    void largeMessagesPass() {
        byte[] large = new byte[LARGE];
        new Random(LARGE).nextBytes(large);
        assertThat(Arrays.equals(unary(large), large)).isTrue();
    }

    @Test
    void manyCallsAtOnceAllPassAndLeaveNothingBehind() throws Exception {
        List<Future<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            answers.add(ClientCalls.futureUnaryCall(call(GrpcTarget.UNARY), GrpcTarget.bytes("call " + i)));
        }
        for (int i = 0; i < CROWD; i++) {
            assertThat(answers.get(i).get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .asString()
                    .isEqualTo("call " + i);
        }
        await().atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .until(() -> target.connections() == 0); // they were idle for long enough
    }

    /** Collects the responses, and lets a test wait for them. */
    private static final class Answers implements StreamObserver<byte[]> {

        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final BlockingQueue<Status> ends = new LinkedBlockingQueue<>();

        String next() throws InterruptedException {
            return messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        boolean haveEnded() {
            return !ends.isEmpty();
        }

        Status end() throws InterruptedException {
            Status end = ends.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return end == null ? Status.UNKNOWN.withDescription("no end within " + PATIENCE_SECONDS + " s") : end;
        }

        @Override
        public void onNext(byte[] message) {
            messages.add(GrpcTarget.text(message));
        }

        @Override
        public void onError(Throwable cause) {
            ends.add(Status.fromThrowable(cause));
        }

        @Override
        public void onCompleted() {
            ends.add(Status.OK);
        }
    }
}
