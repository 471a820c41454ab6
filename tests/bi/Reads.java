import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** What a BI tool sees through JDBC: tables, columns, keys, one row, and what it is refused; a line each. */
public class Reads {
    public static void main(String[] address) throws Exception {
        try (Connection reader = DriverManager.getConnection(address[0], address[1], System.getenv("PGPASSWORD"))) {
            DatabaseMetaData known = reader.getMetaData();
            System.err.println(known.getDriverName() + " " + known.getDriverVersion());
            print("table", known.getTables(null, "bi", "%", new String[] {"TABLE"}), "TABLE_NAME", "REMARKS");
            print("column", known.getColumns(null, "bi", "bi_reach", "%"), "COLUMN_NAME", "TYPE_NAME", "REMARKS");
            print("key", known.getPrimaryKeys(null, "bi", "bi_reach"), "COLUMN_NAME");
            try (ResultSet row = reader.createStatement().executeQuery("select * from bi_reach")) {
                row.next();
                java.sql.Date day = row.getDate("as_of_date");
                BigDecimal share = row.getBigDecimal("share");
                System.out.println(String.join("|", "row", row.getString("school_name"), "" + day, "" + share,
                    "" + row.getBoolean("is_suppressed"), "" + row.getObject("n_students")));
            }
            for (String table : List.of("marts.dim_student", "ops.batch")) {
                try (Statement attempt = reader.createStatement()) {
                    attempt.executeQuery("select * from " + table);
                    System.out.println("refused|" + table + "|no");
                } catch (SQLException refusal) {
                    System.out.println("refused|" + table + "|" + refusal.getSQLState());
                }
            }
        }
    }

    private static void print(String what, ResultSet rows, String... columns) throws SQLException {
        while (rows.next()) {
            StringJoiner line = new StringJoiner("|").add(what);
            for (String column : columns) {
                line.add(rows.getString(column));
            }
            System.out.println(line);
        }
    }
}
