/**
 * TLS with the files that certificate tools write. Knows the JDK, Jetty's utilities and {@code watch} only, so that {@code jetty-base/} can have it on its
 * server's class path.
 */
@org.jspecify.annotations.NullMarked
package dev.sluice.launcher.tls;
