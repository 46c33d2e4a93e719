package dev.sluice.launcher;

import static java.util.stream.Collectors.joining;

import dev.sluice.Sluice;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationException;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.ListenerConfiguration;
import dev.sluice.config.Problem;
import dev.sluice.dns.DnsResolver;
import dev.sluice.launcher.tls.FileContextFactory;
import dev.sluice.launcher.tls.UnusableFileException;
import java.io.PrintStream;
import java.net.BindException;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntFunction;
import org.apache.hc.core5.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The commands of {@code java -jar sluice.war} and their exit codes: 0, 1 for a failure, 2 for wrong arguments or a
 * wrong configuration.
 */
public final class CommandLine {

    private static final int SUCCESS = 0;
    private static final int FAILURE = 1;
    private static final int MISUSE = 2;

    private static final String USAGE = """
            Usage: java -jar sluice.war [COMMAND]

              (no command)       balance requests as the configuration says
              demo               balance them over mock targets, to try things out
              mock-target PORT   one mock target: answers every request with a description of it, in JSON
                                 (MOCK_DELAY_MS: after that time; MOCK_ERROR_CODE: with that status)
              check              say what the configuration means, or everything that is wrong with it
              --help, -h         this text
              --version          the version

            The configuration is in environment variables, or in the file that CONFIG_FILE names. The least there is:
              TARGET_GROUP_1_NAME=web
              TARGET_GROUP_1_TARGETS=10.0.0.11:8080,10.0.0.12:8080
              LISTENER_RULE_1_PATH_PREFIX=/
              LISTENER_RULE_1_TARGET_GROUP=web
            """;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final String version;
    private final Runnable whenServing;

    CommandLine(
            Map<String, String> environment, PrintStream out, PrintStream err, String version, Runnable whenServing) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.version = version;
        this.whenServing = whenServing;
    }

    /**
     * Called by {@link Main}. Returns when the command has ended; one that listens ends when the process is told to
     * stop.
     *
     * @param version null if the archive does not state it
     * @param whenServing run once requests are served, if that is the command
     * @return the exit code
     * @throws Exception if it fails unexpectedly
     */
    public static int run(@Nullable String version, Runnable whenServing, String[] arguments) throws Exception {
        // By name, and before anything logs: a log manager cannot be replaced later.
        System.setProperty("java.util.logging.manager", LauncherLogManager.class.getName());
        StandardError.install();
        String known = version == null ? "(unknown version)" : version;
        try {
            return new CommandLine(System.getenv(), System.out, System.err, known, whenServing).run(arguments);
        } finally {
            StandardError.remove();
        }
    }

    int run(String... arguments) throws Exception {
        try {
            return switch (arguments.length) {
                case 0 -> serve();
                case 1 -> command(arguments[0]);
                case 2 -> arguments[0].equals("mock-target") ? mockTarget(arguments[1]) : unknown(arguments);
                default -> unknown(arguments);
            };
        } catch (ConfigurationException e) {
            e.problems().forEach(err::println);
            boolean isDemo = arguments.length == 1 && arguments[0].equals("demo");
            if (!isDemo && environment.keySet().stream().noneMatch(CommandLine::configures)) {
                err.println("Without a configuration, `demo` shows Sluice with targets of its own.");
            }
            return MISUSE;
        }
    }

    /** Whether the variable is one of those that the demo replaces. */
    static boolean configures(String variable) {
        return variable.startsWith("TARGET_GROUP_")
                || variable.startsWith("LISTENER_RULE_")
                || variable.equals("CONFIG_FILE");
    }

    private int command(String name) throws Exception {
        return switch (name) {
            case "demo" -> demo();
            case "check" -> check();
            case "--help", "-h" -> print(USAGE);
            case "--version" -> print("Sluice " + version + System.lineSeparator());
            case "mock-target" -> misuse("mock-target needs a port");
            default -> unknown(name);
        };
    }

    private int serve() throws Exception {
        return listen(environment, port -> "");
    }

    private int demo() throws Exception {
        Demo demo = Demo.start();
        return listen(demo.environment(environment), demo::invitation);
    }

    private int check() {
        ConfigurationSources sources = new ConfigurationSources(environment, Map.of());
        Configuration configuration = sources.read();
        FileContextFactory context = tls(configuration);
        String certificate = context == null ? null : context.description();
        ScheduledExecutorService timer =
                Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("sluice-timer", true));
        ExecutorService blocking = Executors.newCachedThreadPool(new DefaultThreadFactory("sluice-dns", true));
        try (DnsResolver resolver = new DnsResolver(configuration.dns(), blocking, timer)) {
            String overridden = sources.overridden(ConfigurationSources::content).stream()
                    .map(lines -> "\n" + lines + "\n")
                    .collect(joining());
            return print(new ConfigurationReport(configuration, certificate, resolver).text() + overridden);
        } finally {
            blocking.shutdownNow();
            timer.shutdownNow();
        }
    }

    private int mockTarget(String port) throws Exception {
        try {
            MockTarget.Behaviour behaviour = MockTarget.Behaviour.of(environment);
            MockTarget target = MockTarget.start(MockTarget.parse("PORT", port, 0, 65_535), behaviour);
            out.println("mock target listening on 127.0.0.1:" + target.port());
            target.join();
            return SUCCESS;
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return MISUSE;
        } catch (BindException e) {
            err.println("PORT=" + port + ": " + e.getMessage());
            return FAILURE;
        }
    }

    private int listen(Map<String, String> variables, IntFunction<String> invitation) throws Exception {
        ConfigurationSources sources = new ConfigurationSources(variables, Map.of());
        Configuration configuration = sources.read();
        Sluice sluice = new Sluice(configuration, sources, new StandardOutput());
        Signals.handle(Signals.HANG_UP, sluice::reload); // first: by default it ends the process
        try {
            EmbeddedJetty jetty = EmbeddedJetty.start(configuration, sluice, tls(configuration), version);
            out.print(invitation.apply(jetty.port()));
            whenServing.run();
            Heap.fit();
            jetty.join();
            return SUCCESS;
        } catch (BindException e) {
            err.println(e.getMessage());
            return FAILURE;
        }
    }

    /** Returns null if no port with TLS is configured. */
    private static @Nullable FileContextFactory tls(Configuration configuration) {
        ListenerConfiguration.Tls tls = configuration.listener().tls();
        if (tls == null) {
            return null;
        }
        try {
            return new FileContextFactory(tls.certificateFile(), tls.keyFile());
        } catch (UnusableFileException e) {
            throw new ConfigurationException(e.all().stream()
                    .map(its -> new Problem(its.variable(), its.file().toString(), its.reason()))
                    .toList());
        }
    }

    private int print(String text) {
        out.print(text);
        return out.checkError() ? FAILURE : SUCCESS; // as on a full disk
    }

    private int unknown(String... arguments) {
        return misuse("Unknown command or wrong arguments: " + String.join(" ", arguments));
    }

    private int misuse(String problem) {
        err.println(problem);
        err.println();
        err.print(USAGE);
        return MISUSE;
    }
}
