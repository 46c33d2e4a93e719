package dev.sluice.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The entry point of {@code java -jar sluice.war}: unpacks the WAR's classes and libraries into a temporary directory
 * and hands over to {@link CommandLine} in a class loader over them. The directory is deleted once requests are served,
 * since a process that is killed could not, else when the process ends.
 *
 * <p>The JVM finds this class at the WAR's root, where the rest of the launcher is not: this class refers to
 * {@link CommandLine} by reflection only and has no nested classes.
 */
public final class Main {

    private static final String CLASSES = "WEB-INF/classes/";

    private Main() {}

    /** Runs the command that the arguments name, and exits with its code. */
    public static void main(String[] args) {
        try {
            System.exit(run(args));
        } catch (InvocationTargetException e) {
            fail(e.getTargetException());
        } catch (Exception | LinkageError e) {
            fail(e);
        }
    }

    /** Ignores failures while the process is shutting down: its files may have been deleted by then. */
    private static void fail(Throwable cause) {
        if (!isEnding()) {
            cause.printStackTrace();
            System.exit(1);
        }
    }

    private static int run(String[] args) throws Exception {
        Path directory;
        URL[] classPath;
        try {
            directory = Files.createTempDirectory("sluice-");
            classPath = unpack(ownArchive(), directory);
        } catch (IOException e) {
            if (!isEnding()) {
                System.err.println("sluice: cannot unpack itself into " + System.getProperty("java.io.tmpdir")
                        + " (-Djava.io.tmpdir=DIRECTORY names another): " + e);
            }
            return 1;
        }
        // Never closed, and opens all archives now: a file that is open can be read even after it was deleted.
        ClassLoader loader = new URLClassLoader("sluice", classPath, ClassLoader.getPlatformClassLoader());
        loader.getResource("in none of them");
        for (URL archive : classPath) { // the loader reads classes itself, other files through the JDK's cache
            ((JarURLConnection) new URL("jar:" + archive + "!/").openConnection()).getJarFile();
        }
        Runnable whenServing = () -> delete(directory);
        Thread.currentThread().setContextClassLoader(loader);
        return (Integer) loader.loadClass("dev.sluice.launcher.CommandLine")
                .getMethod("run", String.class, Runnable.class, String[].class)
                .invoke(null, Main.class.getPackage().getImplementationVersion(), whenServing, args);
    }

    /** Whether the process is shutting down. */
    private static boolean isEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(new Thread());
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    private static Path ownArchive() throws URISyntaxException {
        return Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /**
     * Unpacks everything that the class loader needs and returns its class path: the classes, which become an archive
     * too, then each library.
     */
    private static URL[] unpack(Path archive, Path directory) throws IOException {
        deleteAtExit(directory);
        Path classes = directory.resolve("classes.jar");
        deleteAtExit(classes);
        List<URL> classPath = new ArrayList<>(List.of(classes.toUri().toURL()));
        try (ZipFile zip = new ZipFile(archive.toFile());
                ZipOutputStream jar = new ZipOutputStream(Files.newOutputStream(classes))) {
            jar.setLevel(Deflater.NO_COMPRESSION);
            for (var entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().startsWith(CLASSES)) {
                    jar.putNextEntry(new ZipEntry(entry.getName().substring(CLASSES.length())));
                    zip.getInputStream(entry).transferTo(jar);
                } else if (isLibrary(entry)) {
                    classPath.add(unpack(zip, entry, directory).toUri().toURL());
                }
            }
        }
        return classPath.toArray(URL[]::new);
    }

    private static boolean isLibrary(ZipEntry entry) {
        String name = entry.getName();
        return name.endsWith(".jar") && (name.startsWith("WEB-INF/lib/") || name.startsWith("WEB-INF/launcher/"));
    }

    private static Path unpack(ZipFile zip, ZipEntry entry, Path directory) throws IOException {
        Path relative = Path.of(entry.getName().substring("WEB-INF/".length()));
        Path file = directory.resolve(relative);
        if (!file.normalize().startsWith(directory)) {
            throw new ZipException("an entry leads out of the archive: " + entry.getName());
        }
        deleteAtExit(Files.createDirectories(file.getParent()));
        deleteAtExit(file);
        try (InputStream content = zip.getInputStream(entry)) {
            Files.copy(content, file);
        }
        return file;
    }

    /** Where a file that is open cannot be deleted, as in Windows, it stays until the process ends. */
    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException e) {
            // deleteAtExit tries again
        }
    }

    /**
     * The JVM deletes in reverse order, so a directory after its content, and only after all shutdown hooks have ended:
     * until then requests in flight may still need a class.
     */
    private static void deleteAtExit(Path path) {
        path.toFile().deleteOnExit();
    }
}
