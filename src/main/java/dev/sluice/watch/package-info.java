/** Notices when a file changes. Uses only the JDK, so that {@code jetty-base/} can put it on Jetty's class path. */
@org.jspecify.annotations.NullMarked
package dev.sluice.watch;
