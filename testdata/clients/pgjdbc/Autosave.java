import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;

/** Transactions of pgjdbc that go on after errors. Argument: port of a gateway. */
public final class Autosave {
  private static void same(Object expected, Object got) {
    if (!expected.equals(got)) throw new AssertionError("expected " + expected + ", got " + got);
  }

  private static String text(Statement statement, String sql) throws SQLException {
    StringBuilder found = new StringBuilder();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) found.append(rows.getString(1)).append(' ');
    }
    return found.toString().trim();
  }

  private static void fails(Statement statement, String sql, String state) throws SQLException {
    try {
      statement.execute(sql);
    } catch (SQLException error) {
      same(state, error.getSQLState());
      return;
    }
    throw new AssertionError(sql + " did not fail");
  }

  private static void run(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url); Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE auto_t (id INTEGER PRIMARY KEY, s TEXT)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO auto_t VALUES (?, ?)")) {
        for (int id = 0; id < 12; id++) {
          insert.setInt(1, id);
          insert.setString(2, "s" + id);
          insert.executeUpdate();
        }
      }
      if (url.contains("always")) {
        fails(statement, "INSERT INTO auto_t VALUES (3, 'twice')", "23505");
        fails(statement, "SELECT nothing FROM auto_t", "42703");
        statement.execute("INSERT INTO auto_t VALUES (100, 'after')");
      }
      Savepoint before = connection.setSavepoint("mine");
      statement.execute("DELETE FROM auto_t WHERE id > 1");
      connection.rollback(before);
      statement.execute("DELETE FROM auto_t WHERE id BETWEEN 2 AND 11");
      connection.releaseSavepoint(before);
      connection.commit();
      same(url.contains("always") ? "0 1 100" : "0 1", text(statement, "SELECT id FROM auto_t ORDER BY id"));
      statement.execute("DROP TABLE auto_t");
      connection.commit();
    }
  }

  public static void main(String[] arguments) throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/sluice?user=test&autosave=";
    run(url + "always");
    System.out.println("ok always");
    run(url + "conservative");
    System.out.println("ok conservative");
  }
}
