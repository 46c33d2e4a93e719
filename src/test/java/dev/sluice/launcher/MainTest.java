package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs archives that are laid out like the executable WAR, each in a process of its own. */
class MainTest {

    /** A ZIP archive without entries. */
    private static final byte[] EMPTY = Arrays.copyOf(new byte[] {'P', 'K', 5, 6}, 22);

    private static final String MAIN = "dev/sluice/launcher/Main.class";

    @TempDir
    Path directory;

    private Path temporary;

    @BeforeEach
    void makeTemporaryDirectory() throws IOException {
        temporary = Files.createDirectory(directory.resolve("temporary"));
    }

    @Test
    void runsTheCommandLineAndLeavesNothingBehind() throws Exception {
        Path archive = archive("WEB-INF/lib/empty.jar");
        assertThat(run(archive, temporary, "--version")).isEqualToIgnoringNewLines("exit 0: Sluice 1.2.3");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void unpacksNothingOutsideItsDirectory() throws Exception {
        Path archive = archive("WEB-INF/lib/../../../outside.jar");
        assertThat(run(archive, temporary, "--version")).startsWith("exit 1: ").contains("leads out of the archive");
        assertThat(temporary).isEmptyDirectory();
        assertThat(directory.resolve("outside.jar")).doesNotExist();
    }

    @Test
    void saysWhereItCouldNotUnpack() throws Exception {
        Path missing = directory.resolve("missing");
        assertThat(run(archive("WEB-INF/lib/empty.jar"), missing, "--version"))
                .startsWith("exit 1: ") // newer JDKs warn about the directory first
                .contains("sluice: cannot unpack itself into " + missing);
    }

    /** An archive with this build's classes, version 1.2.3, and an additional library, which is empty. */
    private Path archive(String entry) throws Exception {
        Path archive = directory.resolve("sluice.war");
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, Main.class.getName());
        attributes.put(Attributes.Name.IMPLEMENTATION_VERSION, "1.2.3");
        Path classes = Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(archive), manifest);
                var files = Files.walk(classes).filter(Files::isRegularFile)) {
            add(jar, MAIN, Files.readAllBytes(classes.resolve(MAIN)));
            for (Path file : files.toList()) {
                String name = classes.relativize(file).toString().replace('\\', '/');
                add(jar, "WEB-INF/classes/" + name, Files.readAllBytes(file));
            }
            add(jar, entry, EMPTY);
        }
        return archive;
    }

    private static void add(JarOutputStream jar, String name, byte[] content) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        jar.write(content);
        jar.closeEntry();
    }

    private static String run(Path archive, Path temporary, String argument) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + temporary,
                        "-jar",
                        archive.toString(),
                        argument)
                .redirectErrorStream(true)
                .start();
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return "exit " + process.exitValue() + ": " + text;
        } finally {
            process.destroyForcibly();
        }
    }
}
