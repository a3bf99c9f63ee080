namespace Pricing.Coordinator.Simulation;

/// <summary>What is going to happen, earliest first; of two at the same time the one that was planned first. A binary heap.</summary>
sealed class EventHeap
{
    readonly List<Planned> _heap = [];
    long _sequence;

    public int Count => _heap.Count;

    public void Add(long at, SimEvent what, int a, long b, Action action)
    {
        _heap.Add(new Planned(at, _sequence++, what, a, b, action));
        var i = _heap.Count - 1;
        while (i > 0 && IsBefore(i, (i - 1) / 2))
        {
            Swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }

    public Planned TakeFirst()
    {
        var first = _heap[0];
        _heap[0] = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        for (var i = 0; ;)
        {
            var least = i;
            for (var child = 2 * i + 1; child <= 2 * i + 2 && child < _heap.Count; child++)
            {
                if (IsBefore(child, least))
                    least = child;
            }
            if (least == i)
                return first;
            Swap(i, least);
            i = least;
        }
    }

    bool IsBefore(int i, int j) => _heap[i].At != _heap[j].At ? _heap[i].At < _heap[j].At : _heap[i].Sequence < _heap[j].Sequence;

    void Swap(int i, int j) => (_heap[i], _heap[j]) = (_heap[j], _heap[i]);
}

/// <summary>One planned event: a is who, b is about what; both only name it in a trace.</summary>
readonly record struct Planned(long At, long Sequence, SimEvent What, int A, long B, Action Action);
