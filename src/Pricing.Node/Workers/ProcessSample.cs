using System.Globalization;

namespace Pricing.Node.Workers;

/// <summary>What the operating system says of a process: resident memory and CPU time.</summary>
readonly record struct ProcessSample(long RssBytes, TimeSpan Cpu)
{
    /// <summary>USER_HZ, the unit of /proc, is 100 on every Linux a program can meet.</summary>
    const int TicksPerSecond = 100;

    /// <summary>Null when the process is gone, or the system has no /proc: then only the worker's own heap limit and the wall clock hold.</summary>
    public static ProcessSample? Of(int pid)
    {
        try
        {
            var pages = File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1];
            // The name, in parentheses, may hold anything; utime and stime are the 14th and 15th field.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new(Number(pages) * Environment.SystemPageSize, TimeSpan.FromSeconds((double)(Number(fields[11]) + Number(fields[12])) / TicksPerSecond));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or IndexOutOfRangeException or FormatException)
        {
            return null;
        }
    }

    static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
