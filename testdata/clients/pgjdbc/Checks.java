import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Objects;
import java.util.Timer;
import java.util.TimerTask;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;

/** pgjdbc against a gateway with the data set `events` (20,000 rows). Argument: port. */
public final class Checks {
  private static void ok(String name) {
    System.out.println("ok " + name);
  }

  private static void same(Object expected, Object got) {
    if (!Objects.deepEquals(expected, got)) throw new AssertionError("expected " + expected + ", got " + got);
  }

  private static Object one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getObject(1);
    }
  }

  private static void values(Connection connection) throws SQLException {
    String sql = "SELECT ?::int, ?::bigint, ?::float8, ?::numeric(10,3), ?::text, ?::bool, ?::date, ?::timestamp, ?::timestamptz, ?::uuid, ?::bytea, ?::int[], ?::text";
    UUID id = new UUID(1, 2);
    OffsetDateTime moment = OffsetDateTime.parse("2024-05-01T10:00:00.123456Z");
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int run = 0; run < 8; run++) {
        Object[] sent = {run, 1L << 40, 1.5, new BigDecimal("12.340"), "ä'\\", true, LocalDate.of(2024, 2, 29), LocalDateTime.of(2024, 5, 1, 10, 0), moment, id};
        for (int at = 0; at < sent.length; at++) statement.setObject(at + 1, sent[at]);
        statement.setBytes(11, new byte[] {0, -1});
        statement.setArray(12, connection.createArrayOf("int4", new Integer[] {1, null, 3}));
        statement.setString(13, null);
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          for (int at = 0; at < 6; at++) same(sent[at], rows.getObject(at + 1));
          same(sent[6], rows.getObject(7, LocalDate.class));
          same(sent[7], rows.getObject(8, LocalDateTime.class));
          same(moment.toInstant(), rows.getObject(9, OffsetDateTime.class).toInstant());
          same(id, rows.getObject(10));
          same(new byte[] {0, -1}, rows.getBytes(11));
          same(Arrays.asList(1, null, 3), Arrays.asList((Object[]) rows.getArray(12).getArray()));
          same(null, rows.getString(13));
        }
      }
    }
  }

  private static void fetchSize(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement a = connection.createStatement(); Statement b = connection.createStatement()) {
      a.setFetchSize(100);
      b.setFetchSize(7);
      ResultSet up = a.executeQuery("SELECT id FROM events WHERE id < 1000 ORDER BY id");
      ResultSet down = b.executeQuery("SELECT id FROM jdbc_t ORDER BY id DESC");
      for (int n = 0; n < 1000; n++) {
        up.next();
        same((long) n, up.getLong(1));
        if (n < 50) {
          down.next();
          same(49L - n, down.getLong(1));
        }
        if (n == 300) one(connection, "SELECT count(*) FROM events");
      }
      same(false, up.next());
      same(false, down.next());
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static void batch(Connection connection) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO jdbc_t VALUES (?, ?)")) {
      for (int n = 0; n < 50; n++) {
        insert.setInt(1, n);
        insert.setString(2, "s" + n);
        insert.addBatch();
      }
      same(50, insert.executeBatch().length);
    }
    same(50L, one(connection, "SELECT count(*) FROM jdbc_t"));
  }

  private static void cancel(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      new Timer(true).schedule(new TimerTask() {
        @Override
        public void run() {
          try {
            statement.cancel();
          } catch (SQLException error) {
            throw new IllegalStateException(error);
          }
        }
      }, 500);
      statement.executeQuery("SELECT count(*) FROM range(10000000000) a, range(1000) b");
      throw new AssertionError("not cancelled");
    } catch (SQLException error) {
      same("57014", error.getSQLState());
    }
    same(1, one(connection, "SELECT 1"));
  }

  private static void errors(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try {
      one(connection, "DELETE FROM jdbc_t RETURNING id");
      one(connection, "SELECT nothing FROM events");
      throw new AssertionError("no error");
    } catch (SQLException error) {
      same("42703", error.getSQLState());
    }
    connection.rollback();
    connection.setAutoCommit(true);
    same(50L, one(connection, "SELECT count(*) FROM jdbc_t"));
  }

  private static void copies(Connection connection) throws SQLException, IOException {
    CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
    same(2L, manager.copyIn("COPY jdbc_t FROM STDIN (FORMAT csv)", new StringReader("900,\"a,b\"\n901,\n")));
    StringWriter text = new StringWriter();
    same(2L, manager.copyOut("COPY (SELECT id, s FROM jdbc_t WHERE id >= 900 ORDER BY id) TO STDOUT", text));
    same("900\ta,b\n901\t\\N\n", text.toString());
    try {
      manager.copyIn("COPY jdbc_t FROM STDIN", new StringReader("902\tx\n903\n"));
      throw new AssertionError("no error");
    } catch (SQLException error) {
      same("22P04", error.getSQLState());
    }
    CopyIn begun = manager.copyIn("COPY jdbc_t FROM STDIN");
    byte[] row = "904\tx\n".getBytes(StandardCharsets.UTF_8);
    begun.writeToCopy(row, 0, row.length);
    begun.cancelCopy();
    same(52L, one(connection, "SELECT count(*) FROM jdbc_t"));
  }

  public static void main(String[] arguments) throws SQLException, IOException {
    String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/sluice?user=test";
    for (String mode : new String[] {"extended", "simple", "extendedForPrepared"}) {
      try (Connection connection = DriverManager.getConnection(url + "&preferQueryMode=" + mode)) {
        same(15, connection.getMetaData().getDatabaseMajorVersion());
        same(20000L, one(connection, "SELECT count(*) FROM events"));
        if (!mode.equals("simple")) values(connection);
        ok(mode + ": connects, values, binary after some runs");
        try (Statement statement = connection.createStatement()) {
          statement.execute("CREATE TABLE jdbc_t (id INTEGER PRIMARY KEY, s TEXT)");
          batch(connection);
          ok(mode + ": batch");
          if (!mode.equals("simple")) fetchSize(connection);
          ok(mode + ": fetch size, two open result sets");
          errors(connection);
          ok(mode + ": errors and rollback");
          copies(connection);
          ok(mode + ": COPY");
          cancel(connection);
          ok(mode + ": cancel");
          statement.execute("DROP TABLE jdbc_t");
        }
      }
    }
  }
}
