package dev.sluice.contract.wire;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** A DNS server on loopback, over UDP, whose records and faults can be changed at any time. Thread-safe. */
public final class DnsServer implements Closeable {

    private static final int MAX_QUERY = 4096;
    private static final int ANSWER = 1232; // with EDNS

    /** What can be wrong with the answers for a name. */
    public enum Trouble {
        SERVFAIL,
        REFUSED,
        NXDOMAIN,
        /** The name exists, but has no record of any type. */
        EMPTY,
        /** No answer at all. */
        SILENCE
    }

    /** The contents of an SRV record. */
    public record Service(int priority, int weight, int port, String host) {}

    private record Question(Name name, int type) {}

    private final DatagramSocket socket;
    private final Thread thread = new Thread(this::serve, "name server");
    private final Map<Question, List<Record>> records = new ConcurrentHashMap<>();
    private final Map<Question, Trouble> troubles = new ConcurrentHashMap<>();
    private final Map<Name, AtomicInteger> asked = new ConcurrentHashMap<>();

    public DnsServer() throws IOException {
        this.socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        thread.setDaemon(true);
        thread.start();
    }

    /** The address, as in DNS_RESOLVERS. */
    public String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    /** Replaces the addresses of the name, IPv4 and IPv6. */
    public void set(String name, long ttl, String... addresses) throws IOException {
        Name owner = name(name);
        List<Record> a = new ArrayList<>();
        List<Record> aaaa = new ArrayList<>();
        for (String literal : addresses) {
            InetAddress address = InetAddress.getByName(literal);
            if (address instanceof Inet4Address) {
                a.add(new ARecord(owner, DClass.IN, ttl, address));
            } else {
                aaaa.add(new AAAARecord(owner, DClass.IN, ttl, address));
            }
        }
        records.put(new Question(owner, Type.A), a);
        records.put(new Question(owner, Type.AAAA), aaaa);
    }

    /** Makes the name an alias of another one. The name must have no addresses of its own. */
    public void setAlias(String name, long ttl, String canonical) {
        Name owner = name(name);
        records.put(new Question(owner, Type.CNAME), List.of(new CNAMERecord(owner, DClass.IN, ttl, name(canonical))));
    }

    /** Replaces the SRV records of the name. */
    public void set(String name, long ttl, Service... services) {
        Name owner = name(name);
        records.put(
                new Question(owner, Type.SRV),
                Arrays.stream(services)
                        .<Record>map(service -> new SRVRecord(
                                owner,
                                DClass.IN,
                                ttl,
                                service.priority(),
                                service.weight(),
                                service.port(),
                                name(service.host())))
                        .toList());
    }

    /** From now on, questions for the name get this, whatever type they ask for. */
    public void begin(Trouble trouble, String name) {
        for (int type : new int[] {Type.A, Type.AAAA, Type.SRV}) {
            troubles.put(new Question(name(name), type), trouble);
        }
    }

    /** From now on, questions for the name's IPv6 addresses get this. */
    public void beginWithIpv6(Trouble trouble, String name) {
        troubles.put(new Question(name(name), Type.AAAA), trouble);
    }

    /** From now on, questions for the name are answered again. */
    public void endTrouble(String name) {
        troubles.keySet().removeIf(question -> question.name().equals(name(name)));
    }

    /** The number of questions for the name so far, of any type, including those that got no answer. */
    public int asked(String name) {
        return asked.computeIfAbsent(name(name), any -> new AtomicInteger()).get();
    }

    private void serve() {
        byte[] buffer = new byte[MAX_QUERY];
        while (!socket.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(packet);
                byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
                if (answer.length > 0) {
                    socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                // closed, or not a valid query
            }
        }
    }

    /** Returns an empty array if there is to be no answer. */
    private byte[] answer(byte[] wire) throws IOException {
        Message query = new Message(wire);
        Record question = query.getQuestion();
        if (question == null) {
            return new byte[0];
        }
        Name name = question.getName();
        asked.computeIfAbsent(name, any -> new AtomicInteger()).incrementAndGet();
        Trouble trouble = troubles.get(new Question(name, question.getType()));
        if (trouble == Trouble.SILENCE) {
            return new byte[0];
        }
        Message answer = new Message(query.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setFlag(Flags.AA);
        answer.getHeader().setFlag(Flags.RA);
        if (query.getHeader().getFlag(Flags.RD)) {
            answer.getHeader().setFlag(Flags.RD);
        }
        answer.addRecord(question, Section.QUESTION);
        if (trouble == Trouble.SERVFAIL) {
            answer.getHeader().setRcode(Rcode.SERVFAIL);
        } else if (trouble == Trouble.REFUSED) {
            answer.getHeader().setRcode(Rcode.REFUSED);
        } else {
            addAnswers(answer, question, trouble);
        }
        if (query.getOPT() != null) {
            answer.addRecord(new OPTRecord(ANSWER, 0, 0), Section.ADDITIONAL);
        }
        return answer.toWire();
    }

    private void addAnswers(Message answer, Record question, Trouble trouble) {
        List<Record> found = trouble == null ? find(question.getName(), question.getType()) : List.of();
        found.forEach(record -> answer.addRecord(record, Section.ANSWER));
        if (found.isEmpty()) {
            answer.addRecord(startOfAuthority(), Section.AUTHORITY); // RFC 2308 section 3: how long to cache it
        }
        boolean exists = trouble == Trouble.EMPTY
                || records.keySet().stream().anyMatch(known -> known.name().equals(question.getName()));
        if (trouble == Trouble.NXDOMAIN || !exists) {
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
        }
    }

    /** An alias and the records that it leads to, in one answer. */
    private List<Record> find(Name name, int type) {
        List<Record> found = new ArrayList<>(records.getOrDefault(new Question(name, type), List.of()));
        for (Record alias : records.getOrDefault(new Question(name, Type.CNAME), List.of())) {
            found.add(alias);
            found.addAll(find(((CNAMERecord) alias).getTarget(), type));
        }
        return found;
    }

    private static Record startOfAuthority() {
        Name zone = name("test");
        return new SOARecord(zone, DClass.IN, 1, name("ns.test"), name("hostmaster.test"), 1, 60, 60, 60, 1);
    }

    private static Name name(String name) {
        try {
            return Name.fromString(name, Name.root);
        } catch (TextParseException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
