using System.Diagnostics;

namespace Pricing.Cli.Output;

/// <summary>
/// Progress of one file on stderr. On a terminal one line that rewrites itself at most ten times a second; elsewhere one line per stage,
/// and only once the work has taken long enough for somebody to wonder.
/// </summary>
sealed class ProgressLine(Terminal terminal, string file) : IDisposable
{
    readonly long _started = Stopwatch.GetTimestamp();
    long _shown;
    string _stage = "";
    int _length;

    /// <summary>Size of the file, the total of byte counts.</summary>
    public long FileBytes { get; set; }

    /// <summary>Shows a stage with its counts. Cheap enough to call per chunk.</summary>
    public void Show(string stage, long done, long total, string detail)
    {
        if (terminal.IsErrorLive)
        {
            if (stage == _stage && Stopwatch.GetElapsedTime(_shown).TotalMilliseconds < Limits.Cli.ProgressEveryMs)
                return;
            Rewrite($"{Path.GetFileName(file)}: {stage}{Percent(done, total)} {detail}");
        }
        else if (stage != _stage && Stopwatch.GetElapsedTime(_started).TotalMilliseconds >= Limits.Cli.QuietMs)
            terminal.Error.WriteLine($"{Path.GetFileName(file)}: {stage}");
        _shown = Stopwatch.GetTimestamp();
        _stage = stage;
    }

    /// <summary>Takes the line away, so that what is printed next stands alone.</summary>
    public void Clear()
    {
        if (_length == 0)
            return;
        Rewrite("");
        terminal.Error.Write('\r');
        _length = 0;
    }

    public void Dispose() => Clear();

    void Rewrite(string text)
    {
        text = text.Length >= terminal.Width ? text[..(terminal.Width - 1)] : text;
        terminal.Error.Write('\r' + text.PadRight(_length));
        terminal.Error.Flush();
        _length = text.Length;
    }

    static string Percent(long done, long total) => total > 0 ? $" {100.0 * Math.Min(done, total) / total,3:0} %" : "";
}
